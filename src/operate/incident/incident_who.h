/* Who adds to an incident: this program and its user. */
#pragma once

#include "audit/audit_record.h"
#include "model/incident/incident.h"

#define INCIDENT_AUDIT_KIND "incident" /* of records in the audit log */

enum { INCIDENT_WHO_MAX = 200, INCIDENT_WHO_BYTES = 1024 };

struct incident_who {
  struct audit_who who;
  char bytes[INCIDENT_WHO_BYTES];
  char text[INCIDENT_WHO_MAX]; /* "ann@bastion1" */
};

void incident_who_self(struct incident_who *self);
/* "ann@bastion1": the login if there is one, on the host. Returns out. */
const char *incident_who_text(char out[INCIDENT_WHO_MAX], const struct audit_who *who);
/* An entry of this program. */
struct incident_entry incident_entry_of(const struct incident_who *self, enum incident_kind kind,
                                        int64_t at_ms);
