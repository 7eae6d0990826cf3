#include "model/judge/severity.h"

#include <string.h>

static const char *const names[] = {
    [SEVERITY_OK] = "ok",
    [SEVERITY_UNKNOWN] = "unknown",
    [SEVERITY_WARN] = "warn",
    [SEVERITY_CRIT] = "crit",
};

const char *severity_name(enum severity severity) {
  return names[severity];
}

enum severity severity_parse(const char *name) {
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0)
      return (enum severity)i;
  return SEVERITY_UNKNOWN;
}

int severity_exit(enum severity severity) {
  static const int codes[] = {
      [SEVERITY_OK] = 0, [SEVERITY_UNKNOWN] = 3, [SEVERITY_WARN] = 1, [SEVERITY_CRIT] = 2};
  return codes[severity];
}
