/* Where a rule's condition held when the program ended, as one line of JSON, and back. Pure. */
#pragma once

#include "collectors/alert/alert_memory.h"
#include "collectors/alert/alert_rule.h"

/* What happened in a longer pause is not known: `for` starts again. */
enum { ALERT_PAUSE_MAX_MS = 300000 };

/* wall_offset_ms: from the steady clock to wall time. The caller frees it. */
char *alert_kept_make(const struct alert_rule *rule, const struct alert_memory *memory,
                      const struct model *model, int64_t wall_offset_ms);
/* False with err, and nothing is taken: of another condition, after too long a pause, or not
 * readable. An instance of a target that is gone is left out. */
bool alert_kept_take(const struct alert_rule *rule, struct alert_memory *memory,
                     const struct model *model, const char *text, int64_t paused_ms,
                     int64_t wall_offset_ms, struct err *err) MUST_CHECK;
