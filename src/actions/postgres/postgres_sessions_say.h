/* What a plan for sessions means, in sentences: who is freed, what breaks, what is lost. */
#pragma once

#include "actions/postgres/postgres_sessions.h"

/* Whom it is planned for. */
struct postgres_victims {
  const struct table *table;
  const struct row *const *rows;
  size_t count;
  enum postgres_effect effect;
  const int *freed; /* of postgres_sessions_freed */
  size_t freed_count, others;
  int64_t waiting; /* for locks, on the whole server */
};

void postgres_sessions_say(struct plan *plan, const struct postgres_victims *victims);
