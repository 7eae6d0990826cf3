/* An action of the configuration (`actions:`): a program or an SQL statement of the operator's own.
 * Immutable after loading; owned by the configuration. */
#pragma once

#include "core/origin.h"
#include "model/own/own_text.h"

enum { OWN_PARAMS_MAX = 12, OWN_WORDS_MAX = 200, OWN_VALUES_MAX = 50 };

#define OWN_PREFIX "own." /* of the ids of all of them */
#define OWN_PAST "ran"

/* A variable of the program's environment. */
struct own_variable {
  char *name;
  struct own_text value;
  char *file; /* instead: its contents, read when the program is started */
};

struct own_action {
  struct action_spec spec; /* its texts and parameters belong to this */
  const struct target_kind *kind;
  const struct table_spec *table; /* NULL: it is for the target itself */
  char **targets;                 /* only these; none: all of the kind */
  size_t target_count;
  char **where_columns, **where_values; /* only rows with these values */
  size_t where_count;

  struct own_text *argv; /* a program; or: */
  size_t argv_count;
  struct own_variable *variables;
  size_t variable_count;
  struct own_text input;
  bool has_input;

  char *sql; /* a statement, with its values for $1, $2, ... */
  struct own_text *values;
  size_t value_count;
  bool writes; /* in a transaction that may write */

  int64_t timeout_ms;
  struct own_text *verify; /* a program that ends with 0 once it is done; none: not verified */
  size_t verify_count;
  int64_t verify_ms;
  bool output_private;    /* its output is not recorded */
  struct origin *origins; /* by enum own_option; NULL: not known */
};

struct own_action *own_action_new(void);
void own_action_free(struct own_action *action); /* NULL is fine */
/* Its standard input as it is in the file, without what looks like a secret; the caller frees it.
 */
char *own_action_input(const struct own_action *action);
/* What the file says that it runs, in one text without secrets, to see whether it has changed. */
const char *own_action_source(const struct own_action *action, struct arena *arena);

/* Calls told for each text with placeholders. */
void own_action_texts(const struct own_action *action,
                      void (*told)(void *arg, const struct own_text *text), void *arg);
