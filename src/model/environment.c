#include "model/environment.h"

#include <inttypes.h>
#include <stdio.h>

const char *environment_lock_name(enum environment_lock lock) {
  static const char *const names[] = {[ENVIRONMENT_OPEN] = "open",
                                      [ENVIRONMENT_READ_ONLY] = "read-only",
                                      [ENVIRONMENT_UNLOCKED] = "unlocked"};
  return names[lock];
}

const char *environment_doubt(const struct environment *environment, int64_t now_ms, char *out,
                              unsigned long size) {
  const int64_t silent_ms = now_ms - environment->heard_ms;
  if (!environment->known)
    return NULL;
  if (environment->clashes)
    snprintf(out, size, "another environment has this name, too: set another `name` in %s",
             environment->path);
  else if (silent_ms >= ENVIRONMENT_SILENT_MS)
    snprintf(out, size, "its process has not reported for %" PRId64 "s", silent_ms / 1000);
  else if (environment->paused)
    snprintf(out, size, "paused: nothing is collected (z resumes, in the environment)");
  else
    return NULL;
  return out;
}

enum severity environment_severity(const struct environment *environment, int64_t now_ms) {
  char text[ENVIRONMENT_SENTENCE_MAX];
  if (!environment->known)
    return SEVERITY_UNKNOWN;
  return environment_doubt(environment, now_ms, text, sizeof text)
             ? severity_worse(environment->severity, SEVERITY_UNKNOWN)
             : environment->severity;
}
