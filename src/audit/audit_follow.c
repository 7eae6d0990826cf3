#include "audit/audit_own.h"

void audit_follow(struct audit *audit, audit_seen seen, void *arg) {
  audit->seen = seen;
  audit->seen_arg = arg;
}

void audit_follow_end(struct audit *audit) {
  audit->seen = NULL;
  uv_timer_stop(&audit->tick);
}
