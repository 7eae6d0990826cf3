#include "audit/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

void audit_id(char out[64], int64_t now_ms, int64_t pid, uint32_t serial) {
  time_t seconds = (time_t)(now_ms / 1000);
  struct tm tm;
  char stamp[32];
  gmtime_r(&seconds, &tm);
  strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &tm);
  snprintf(out, 64, "%s.%03d-%" PRId64 "-%" PRIu32, stamp, (int)(now_ms % 1000), pid, serial);
}
