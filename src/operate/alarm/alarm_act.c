#include "operate/alarm/alarm_act.h"

#include "core/text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *alarm_verb_name(enum alarm_verb verb) {
  static const char *const names[] = {"acknowledge", "silence", "remove"};
  return names[verb];
}

static void reason_keep(char out[ALARM_REASON_MAX], const char *reason, const struct mask *mask) {
  size_t len = strlen(reason), masked_len;
  char *known = mask_known(reason, &len, mask, false, false);
  masked_len = len;
  char *likely = mask_likely(known, &masked_len);
  text_sanitize(out, ALARM_REASON_MAX, likely, masked_len, false);
  free(known);
  free(likely);
}

static bool key_take(struct alarm_mark *mark, const char *key, struct err *err) {
  size_t end = strlen(key);
  while (end > 0 && key[end - 1] == '/') /* as notifications write it: "kafka/main///" */
    end--;
  if (end == 0 || !memchr(key, '/', end))
    return err_set(err, ERR_INVALID,
                   "\"%.60s\" is not a key: KIND/TARGET or KIND/TARGET/TABLE/ROW/COLUMN, as in the "
                   "field \"key\" of `stacktop check --json`",
                   key);
  if (end >= ALARM_KEY_MAX)
    return err_set(err, ERR_INVALID, "the key is longer than %d bytes", ALARM_KEY_MAX - 1);
  memcpy(mark->key, key, end);
  mark->key[end] = '\0';
  return true;
}

bool alarm_act_make(struct alarm_act *act, enum alarm_verb verb, const char *key,
                    const char *reason, const struct mask *mask, struct err *err) {
  *act = (struct alarm_act){.verb = verb};
  act->mark.kind = verb == ALARM_DO_SILENCE ? ALARM_SILENCED : ALARM_ACKNOWLEDGED;
  act->mark.most = SEVERITY_WARN;
  if (!key_take(&act->mark, key, err))
    return false;
  if (verb == ALARM_DO_REMOVE)
    return true;
  if (reason)
    reason_keep(act->mark.reason, reason, mask);
  return act->mark.reason[strspn(act->mark.reason, " ")] ||
         err_set(err, ERR_INVALID,
                 "a reason is required: what is done about it, or why it is known");
}

bool alarm_act_until(struct alarm_act *act, int64_t until_ms, int64_t wall_ms, struct err *err) {
  act->mark.at_ms = wall_ms;
  act->mark.until_ms = until_ms;
  if (until_ms - wall_ms < ALARM_UNTIL_LEAST_MS)
    return err_set(err, ERR_INVALID, "it would end in less than a minute, or has already ended");
  return until_ms - wall_ms <= ALARM_UNTIL_MOST_MS ||
         err_set(err, ERR_INVALID, "it would last for more than 30 days: choose an earlier end");
}

/* ---- carrying it out */

struct edit {
  const struct alarm_act *act;
  size_t removed;
};

static bool is_of_here(const struct alarm_mark *mark, const struct alarm_mark *here) {
  return strcmp(mark->platform, here->platform) == 0 &&
         strcmp(mark->environment, here->environment) == 0;
}

static bool change(void *arg, struct alarm_marks *marks, struct err *err) {
  struct edit *edit = arg;
  const struct alarm_mark *mark = &edit->act->mark;
  if (edit->act->verb != ALARM_DO_REMOVE)
    return alarm_marks_add(marks, mark, err);
  for (size_t i = marks->count; i-- > 0;)
    if (is_of_here(&marks->items[i], mark) && strcmp(marks->items[i].key, mark->key) == 0) {
      alarm_marks_remove(marks, i);
      edit->removed++;
    }
  return edit->removed > 0 ||
         err_set(err, ERR_INVALID,
                 "no acknowledgement and no silence has the key %.100s (`stacktop alarms` lists "
                 "them)",
                 mark->key);
}

bool alarm_act_run(const struct alarm_act *act, const char *path, int64_t wall_ms,
                   char said[ALARM_SAID_MAX], struct err *err) {
  struct edit edit = {.act = act};
  const struct alarm_mark *mark = &act->mark;
  if (!alarm_file_edit(path, wall_ms, change, &edit, err))
    return false;
  if (act->verb == ALARM_DO_REMOVE)
    snprintf(said, ALARM_SAID_MAX, "removed: %s", mark->key);
  else
    snprintf(said, ALARM_SAID_MAX, "%s: %s%s", alarm_kind_name(mark->kind), mark->key,
             mark->most == SEVERITY_CRIT ? "" : "; shown again if it becomes worse");
  return true;
}

const char *alarm_act_text(char out[ALARM_SAID_MAX], const struct alarm_act *act) {
  snprintf(out, ALARM_SAID_MAX, "%s %s%s%s", alarm_verb_name(act->verb), act->mark.key,
           *act->mark.reason ? ": " : "", act->mark.reason);
  return out;
}
