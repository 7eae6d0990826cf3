/* Severities in the order of monitoring plug-ins: a warning ranks above unknown, because it is
 * certain; severity_exit has the exit status of `check`. */
#pragma once

enum severity { SEVERITY_OK, SEVERITY_UNKNOWN, SEVERITY_WARN, SEVERITY_CRIT };

/* "ok", "unknown", "warn", "crit", as in JSON. */
const char *severity_name(enum severity severity);
enum severity severity_parse(const char *name); /* SEVERITY_UNKNOWN for an unknown word */
/* 0, 3, 1, 2 */
int severity_exit(enum severity severity);
static inline enum severity severity_worse(enum severity a, enum severity b) {
  return a > b ? a : b;
}
