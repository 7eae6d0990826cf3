/* What a person does to findings: acknowledge, silence, and remove either. */
#pragma once

#include "core/text/mask.h"
#include "operate/alarm/alarm_file.h"

#define ALARM_AUDIT_KIND "alarm" /* of records in the audit log */

enum {
  ALARM_UNTIL_LEAST_MS = 60000,
  ALARM_SAID_MAX = 1024,
};
#define ALARM_UNTIL_MOST_MS (30LL * 86400000)
#define ALARM_UNTIL_DEFAULT "4h"

enum alarm_verb { ALARM_DO_ACKNOWLEDGE, ALARM_DO_SILENCE, ALARM_DO_REMOVE };
/* "acknowledge", "silence", "remove": the action of its record is "alarm.acknowledge". */
const char *alarm_verb_name(enum alarm_verb verb);

struct alarm_act {
  enum alarm_verb verb;
  struct alarm_mark mark; /* REMOVE: of its key, platform and environment only */
};

/* The key, the reason (one line, secrets masked: those of mask, and what looks like one), and when
 * it ends. False with err that says what is expected. */
bool alarm_act_make(struct alarm_act *act, enum alarm_verb verb, const char *key,
                    const char *reason, const struct mask *mask, struct err *err) MUST_CHECK;
/* "4h" from now on, or until_ms, which is wall time: within a minute and 30 days. */
bool alarm_act_until(struct alarm_act *act, int64_t until_ms, int64_t wall_ms,
                     struct err *err) MUST_CHECK;

/* Carries it out; said is then a sentence without times. Blocks: for a thread. */
bool alarm_act_run(const struct alarm_act *act, const char *path, int64_t wall_ms,
                   char said[ALARM_SAID_MAX], struct err *err) MUST_CHECK;
/* The title of its record: "silence kafka/main: deploy". Returns out. */
const char *alarm_act_text(char out[ALARM_SAID_MAX], const struct alarm_act *act);
