#include "clients/postgres/postgres_contract.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MICROS = 1000000, FRACTION_DIGITS = 6 };

const char *postgres_session_key_text(char out[POSTGRES_SESSION_KEY_MAX],
                                      struct postgres_session_key key) {
  if (key.start_us < 0)
    snprintf(out, POSTGRES_SESSION_KEY_MAX, "%" PRId64, key.pid);
  else
    snprintf(out, POSTGRES_SESSION_KEY_MAX, "%" PRId64 "/%" PRId64 ".%06" PRId64, key.pid,
             key.start_us / MICROS, key.start_us % MICROS);
  return out;
}

/* A whole number without a sign, up to `end`. */
static bool digits_read(const char *text, char **end, int64_t *number) {
  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  *number = strtoll(text, end, 10);
  return errno == 0;
}

bool postgres_session_key_read(const char *text, struct postgres_session_key *key) {
  struct postgres_session_key read = {.start_us = -1};
  int64_t seconds, micros;
  char *end;
  if (!digits_read(text, &end, &read.pid))
    return false;
  if (*end == '\0') {
    *key = read;
    return true;
  }
  if (*end != '/' || !digits_read(end + 1, &end, &seconds) || *end != '.')
    return false;
  const char *fraction = end + 1;
  if (strspn(fraction, "0123456789") != FRACTION_DIGITS || fraction[FRACTION_DIGITS] ||
      !digits_read(fraction, &end, &micros) || seconds > INT64_MAX / MICROS - 1)
    return false;
  read.start_us = seconds * MICROS + micros;
  *key = read;
  return true;
}
