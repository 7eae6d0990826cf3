#include "ui/terminal/flow.h"

bool flow_send(struct flow *flow, size_t bytes, int64_t now_ms) {
  flow->bytes += bytes;
  if (!flow->answers || flow->bytes <= FLOW_FREE)
    return false;
  flow->asked = true;
  flow->deadline_ms = now_ms + FLOW_LEAST_MS + (int64_t)(flow->bytes / FLOW_BYTES_A_MS);
  flow->bytes = 0;
  return true;
}

void flow_answer(struct flow *flow) {
  flow->answers = true;
  flow->asked = false;
  flow->missed = 0;
}

int64_t flow_wait(struct flow *flow, int64_t now_ms) {
  if (!flow->asked)
    return 0;
  if (now_ms < flow->deadline_ms)
    return flow->deadline_ms - now_ms;
  flow->asked = false;
  flow->answers = ++flow->missed < FLOW_MISSED_MAX;
  return 0;
}
