/* What a container's state means: pure. */
#pragma once

#include "collectors/docker/docker_table.h"
#include "model/severity.h"

enum { DOCKER_RESTARTS_KEPT = 8, DOCKER_STATE_MAX = 16, DOCKER_REASON_MAX = 480 };

/* When the engine restarted a container, as far as it was watched; the newest last. Its count
 * becomes 0 when a person starts the container: what was before is then forgotten. */
struct docker_restarts {
  int64_t known;                     /* the engine's count when it was last read; -1 before */
  double read_s;                     /* when that was */
  double at_s[DOCKER_RESTARTS_KEPT]; /* not before, of all but the newest: since 1970 */
  size_t count;
};
void docker_restarts_take(struct docker_restarts *restarts, const struct docker_detail *detail,
                          double now_s);

struct docker_verdict {
  char state[DOCKER_STATE_MAX];   /* that of the engine, or of the health check */
  char reason[DOCKER_REASON_MAX]; /* "" when there is nothing to say; may quote the container */
  enum severity severity;
  double since_s; /* of the state, since 1970; -1: not known */
};
void docker_judge(const struct docker_reading *reading, const struct docker_restarts *restarts,
                  double now_s, struct docker_verdict *verdict);
