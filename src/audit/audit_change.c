#include "audit/audit_change.h"

#include "model/action/action_spec.h"

struct audit_record audit_change_record(const struct audit_change *change, const char *result,
                                        int64_t at_ms) {
  return (struct audit_record){.event = result ? AUDIT_OUTCOME : AUDIT_INTENT,
                               .id = change->id,
                               .at_ms = at_ms,
                               .who = *change->who,
                               .platform = change->platform,
                               .environment = change->environment,
                               .kind = change->kind,
                               .target = change->target,
                               .action = change->action,
                               .title = change->title,
                               .danger = danger_name(DANGER_NONE),
                               .plan = result ? NULL : change->plan,
                               .plan_count = result ? 0 : change->plan_count,
                               .result = result,
                               .plan_ms = -1,
                               .wait_ms = -1,
                               .execute_ms = -1,
                               .verify_ms = -1};
}
