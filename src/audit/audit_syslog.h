/* The copy for syslog: one short line per record. */
#pragma once

#include "audit/audit_record.h"

enum { AUDIT_SYSLOG_MAX = 900 }; /* bytes; RFC 3164 has 1,024 with its own head */

/* "intent id=... user=ops login=ann ssh=10.0.0.7 host=b1 action=postgres.terminate target=ecap
 * count=2 unit=sessions title="Terminate 2 sessions"", sanitised. Returns out. */
const char *audit_syslog_line(char out[AUDIT_SYSLOG_MAX], const struct audit_record *record);
/* To LOG_AUTHPRIV, LOG_NOTICE, as stacktop. May wait for the logger: for a thread. */
void audit_syslog_send(const char *line);
