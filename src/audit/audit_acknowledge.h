/* Acknowledging an unknown outcome: looks it up in the file and appends a record. */
#pragma once

#include "audit/audit_syslog.h"

/* As audit_acknowledge_now. notice: the line for syslog; "" when it fails. Blocks: for a thread. */
bool audit_acknowledge_file(const char *path, const char *id, const char *reason,
                            char notice[AUDIT_SYSLOG_MAX], struct err *err) MUST_CHECK;
