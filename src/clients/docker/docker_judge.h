/* What is read of one container, and what its state means: pure. */
#pragma once

#include "clients/docker/docker_read.h"
#include "model/judge/severity.h"
#include "model/restarts.h"

/* One container, as far as it was read. */
struct docker_reading {
  struct docker_container container;
  bool gone;   /* it was removed between the list and the question for it */
  bool unread; /* a question for it failed */
  bool has_detail, has_usage;
  struct docker_detail detail;
  struct docker_usage usage;
  int64_t usage_us; /* when the usage was read, on the steady clock */
};
/* The newest that is known of its state: running, exited, ... */
const char *docker_state(const struct docker_reading *reading);
/* Whether a container in that state has processes: only then it uses anything. */
bool docker_is_up(const char *state);

enum { DOCKER_STATE_MAX = 16, DOCKER_REASON_MAX = 480 };

/* The engine's count begins again at 0 when a person starts the container. */
void docker_restarts_take(struct restarts *restarts, const struct docker_detail *detail,
                          double now_s);

struct docker_verdict {
  char state[DOCKER_STATE_MAX];   /* that of the engine, or of the health check */
  char reason[DOCKER_REASON_MAX]; /* "" when there is nothing to say; may quote the container */
  enum severity severity;
  double since_s; /* of the state, since 1970; -1: not known */
};
void docker_judge(const struct docker_reading *reading, const struct restarts *restarts,
                  double now_s, struct docker_verdict *verdict);
