#include "audit/audit_syslog.h"
#include "core/text/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

struct room {
  char *out;
  size_t at;
};

/* A value with blanks is quoted, so quotes in it are replaced. */
static void add(struct room *room, const char *name, const char *value) {
  char clean[256];
  if (!value || !*value)
    return;
  text_sanitize(clean, sizeof clean, value, strlen(value), false);
  for (char *at = clean; *at; at++)
    if (*at == '"')
      *at = '\'';
  const char *quote = strpbrk(clean, " =") ? "\"" : "";
  int len = snprintf(room->out + room->at, AUDIT_SYSLOG_MAX - room->at, " %s=%s%s%s", name, quote,
                     clean, quote);
  if (len > 0 && (size_t)len < AUDIT_SYSLOG_MAX - room->at)
    room->at += (size_t)len;
  else
    room->out[room->at] = '\0'; /* whole values only */
}

const char *audit_syslog_line(char out[AUDIT_SYSLOG_MAX], const struct audit_record *record) {
  const bool intent = record->event == AUDIT_INTENT;
  struct room room = {.out = out};
  char number[32];
  room.at = (size_t)snprintf(out, AUDIT_SYSLOG_MAX, "%s", audit_event_name(record->event));
  add(&room, "result", intent ? NULL : record->result);
  add(&room, "id", record->id);
  add(&room, "user", record->who.user);
  add(&room, "login", record->who.login);
  add(&room, "ssh", record->who.ssh);
  add(&room, "environment", record->environment);
  add(&room, "action", record->action);
  add(&room, "target", record->target);
  if (record->unit && *record->unit) {
    snprintf(number, sizeof number, "%" PRId64, record->count);
    add(&room, "count", number);
    add(&room, "unit", record->unit);
  }
  add(&room, "title", record->title);
  add(&room, "error", intent ? NULL : record->error);
  add(&room, "reason", record->reason);
  return out;
}

void audit_syslog_send(const char *line) {
  openlog("stacktop", LOG_PID, LOG_AUTHPRIV);
  syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", line);
  closelog();
}
