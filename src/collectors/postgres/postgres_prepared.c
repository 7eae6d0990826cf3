#include "collectors/postgres/postgres_prepared.h"

#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

char *postgres_prepared_message(const struct postgres_prepared *prepared, size_t nth,
                                const char *name, const struct postgres_timeouts *timeouts,
                                const char *message) {
  assert(nth < POSTGRES_PREPARED_MAX);
  if (!prepared->allowed || prepared->states[nth] == POSTGRES_PLAIN)
    return mem_dup(message);
  char *settings = postgres_message(timeouts, "");
  const size_t length = strlen(settings);
  assert(strncmp(message, settings, length) == 0);
  char *text =
      prepared->states[nth] == POSTGRES_READY
          ? mem_printf("%sEXECUTE %s", settings, name)
          : mem_printf("%sPREPARE %s AS %s; EXECUTE %s", settings, name, message + length, name);
  free(settings);
  return text;
}

/* invalid_sql_statement_name, duplicate_prepared_statement, and feature_not_supported: "cached plan
 * must not change result type". */
static bool is_lost(const char *sqlstate) {
  return strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "42P05") == 0 ||
         strcmp(sqlstate, "0A000") == 0;
}

bool postgres_prepared_answered(struct postgres_prepared *prepared, size_t nth,
                                const char *sqlstate) {
  const bool was_plain = !prepared->allowed || prepared->states[nth] == POSTGRES_PLAIN;
  if (was_plain)
    return false;
  if (!*sqlstate) {
    prepared->states[nth] = POSTGRES_READY;
    prepared->alone[nth] = false;
  } else if (prepared->states[nth] == POSTGRES_NEW || is_lost(sqlstate)) {
    prepared->states[nth] = POSTGRES_PLAIN; /* whether the statement exists is not known */
  }
  return is_lost(sqlstate);
}

size_t postgres_prepared_together(const struct postgres_prepared *prepared, const size_t *nths,
                                  size_t count) {
  size_t ready = 0;
  while (ready < count && prepared->allowed && prepared->states[nths[ready]] == POSTGRES_READY &&
         !prepared->alone[nths[ready]])
    ready++;
  return ready;
}

char *postgres_together_message(const struct postgres_timeouts *timeouts, const size_t *nths,
                                size_t count, const char *const *names) {
  assert(count <= POSTGRES_PREPARED_MAX);
  char *text = postgres_message(timeouts, "");
  for (size_t i = 0; i < count; i++) {
    char *longer = mem_printf("%s%sEXECUTE %s", text, i > 0 ? "; " : "", names[nths[i]]);
    free(text);
    text = longer;
  }
  return text;
}

bool postgres_prepared_failed_together(struct postgres_prepared *prepared, size_t nth,
                                       const char *sqlstate) {
  prepared->alone[nth] = true;
  return postgres_prepared_answered(prepared, nth, sqlstate);
}
