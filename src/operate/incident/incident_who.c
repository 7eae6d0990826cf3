#include "operate/incident/incident_who.h"

#include <stdio.h>

const char *incident_who_text(char out[INCIDENT_WHO_MAX], const struct audit_who *who) {
  const char *user = who->login && *who->login ? who->login : who->user;
  snprintf(out, INCIDENT_WHO_MAX, "%.90s@%.100s", user && *user ? user : "?",
           who->host && *who->host ? who->host : "?");
  return out;
}

void incident_who_self(struct incident_who *self) {
  audit_who_self(&self->who, self->bytes, sizeof self->bytes);
  incident_who_text(self->text, &self->who);
}

struct incident_entry incident_entry_of(const struct incident_who *self, enum incident_kind kind,
                                        int64_t at_ms) {
  return (struct incident_entry){.kind = kind,
                                 .at_ms = at_ms,
                                 .who = self->text,
                                 .host = self->who.host,
                                 .pid = self->who.pid,
                                 .pid_start = self->who.pid_start};
}
