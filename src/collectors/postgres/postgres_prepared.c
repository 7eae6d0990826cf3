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
  if (!*sqlstate)
    prepared->states[nth] = POSTGRES_READY;
  else if (prepared->states[nth] == POSTGRES_NEW || is_lost(sqlstate))
    prepared->states[nth] = POSTGRES_PLAIN; /* whether the statement exists is not known */
  return is_lost(sqlstate);
}
