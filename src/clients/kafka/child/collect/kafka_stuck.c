#include "clients/kafka/child/collect/kafka_stuck.h"

void kafka_signs_note(struct kafka_signs *signs, rd_kafka_resp_err_t code) {
  switch (code) {
  case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
  case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    signs->moved = true;
    break;
  case RD_KAFKA_RESP_ERR__TIMED_OUT:
  case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
  case RD_KAFKA_RESP_ERR__TRANSPORT:
  case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    signs->unanswered = true;
    break;
  default:
    break;
  }
}

/* If all brokers are there, an unanswered request was sent to one that has left the cluster. */
static bool is_misled(const struct kafka_signs *signs) {
  return signs->moved || (signs->unanswered && signs->all_there);
}

bool kafka_session_is_stuck(struct kafka_stuck *stuck, const struct kafka_signs *signs,
                            int64_t now_ms) {
  if (!is_misled(signs)) {
    *stuck = (struct kafka_stuck){0};
    return false;
  }
  if (!stuck->misled) {
    stuck->misled = true;
    stuck->since_ms = now_ms;
  }
  if (stuck->patience_ms == 0)
    stuck->patience_ms = KAFKA_STUCK_MS;
  if (now_ms - stuck->since_ms < stuck->patience_ms)
    return false;
  stuck->since_ms = now_ms;
  int64_t more = stuck->patience_ms * 2;
  stuck->patience_ms = more < KAFKA_STUCK_MAX_MS ? more : KAFKA_STUCK_MAX_MS;
  return true;
}
