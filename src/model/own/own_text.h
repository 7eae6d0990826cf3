/* Texts with placeholders, of the configuration's own actions: "/tmp/{name}.hprof".
 *
 *   {COLUMN}         the cell of the row, exact and without a unit: 1073741824, 0.8
 *   {row}            the key of the row
 *   {target}         the name of the target
 *   {target.OPTION}  an option of the target that is not secret
 *   {ask.NAME}       a parameter
 *   {{ }}            the braces themselves
 *
 * A value fills its place as it is: nothing in it is a placeholder, a quote or a separator. */
#pragma once

#include "core/arena.h"
#include "core/err.h"
#include "model/action/action_spec.h"
#include "model/table.h"
#include "model/target.h"

enum own_piece_kind { OWN_LITERAL, OWN_COLUMN, OWN_ROW, OWN_TARGET, OWN_OPTION, OWN_ASK };

struct own_piece {
  enum own_piece_kind kind;
  char *text; /* the literal, or the name of the column, the option or the parameter; "" */
};

struct own_text {
  char *source; /* as it is in the file: with ${VAR} not yet expanded, so without a secret */
  struct own_piece *pieces;
  size_t piece_count;
};

/* What placeholders may name. */
struct own_scope {
  const struct target_kind *kind;
  const struct table_spec *table;   /* NULL: the action is for the target itself */
  const struct action_spec *params; /* only its parameters */
};

/* False with err: an unknown name (with the nearest one), a secret option, an open brace. */
bool own_text_parse(struct own_text *text, const char *source, const char *expanded,
                    const struct own_scope *scope, struct err *err) MUST_CHECK;
void own_text_fini(struct own_text *text);
/* Whether it has any placeholder. */
bool own_text_is_filled(const struct own_text *text);
/* "{pid}" again, for display: with the secret of no ${VAR}. */
const char *own_text_source(const struct own_text *text);

/* Where the values come from. */
struct own_row {
  const struct target *target;
  const struct table_spec *table;
  const struct row *row;            /* NULL: the target itself */
  const struct action_spec *params; /* their names */
  const char *const *param_texts;   /* as typed; NULL where unset */
};

enum { OWN_VALUE_MAX = 2000 }; /* bytes of a value: a plan shows all of it */

/* The value of a piece in the arena. NULL with err: it is not known ("pid is not known: needs
 * pg_monitor"), a lower bound, empty, too long, or has a character that a plan cannot show as it
 * is.
 */
const char *own_value(const struct own_piece *piece, const struct own_row *row, struct arena *arena,
                      struct err *err);
const char *own_text_fill(const struct own_text *text, const struct own_row *row,
                          struct arena *arena, struct err *err);
/* The words of a program, ended with NULL. A value that begins with "-" is refused where its word
 * begins with it, and would become an option, unless a word "--" stands before. */
char **own_argv_fill(const struct own_text *words, size_t count, const struct own_row *row,
                     struct arena *arena, struct err *err);
