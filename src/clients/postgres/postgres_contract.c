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

const char *postgres_statement_key_text(char out[POSTGRES_STATEMENT_KEY_MAX],
                                        struct postgres_statement_key key) {
  if (key.user_id < 0 || key.database_id < 0)
    snprintf(out, POSTGRES_STATEMENT_KEY_MAX, "%" PRId64, key.queryid);
  else
    snprintf(out, POSTGRES_STATEMENT_KEY_MAX, "%" PRId64 "/%" PRId64 "/%" PRId64 "/%s", key.queryid,
             key.user_id, key.database_id, key.nested ? "nested" : "top");
  return out;
}

bool postgres_statement_half_read(const char *text, int64_t *half) {
  enum { DIGITS = 8 };
  if (strlen(text) != DIGITS || strspn(text, "0123456789abcdef") != DIGITS)
    return false;
  *half = strtoll(text, NULL, 16);
  return true;
}

bool postgres_statement_key_read(const char *text, struct postgres_statement_key *key) {
  struct postgres_statement_key read = {.user_id = -1, .database_id = -1};
  char *end;
  const char *number = *text == '-' ? text + 1 : text;
  if (*number < '0' || *number > '9')
    return false;
  errno = 0;
  read.queryid = strtoll(text, &end, 10);
  if (errno != 0)
    return false;
  if (*end != '\0' && (*end != '/' || !digits_read(end + 1, &end, &read.user_id) || *end != '/' ||
                       !digits_read(end + 1, &end, &read.database_id) ||
                       (strcmp(end, "/top") != 0 && strcmp(end, "/nested") != 0)))
    return false;
  read.nested = strcmp(end, "/nested") == 0;
  *key = read;
  return true;
}
