/* An operation as words: ACTION TARGET [ROW...] [PICK...] [NAME=VALUE...].
 *
 * ROW: rows of the action's table (or the one row of its context that sets parameters: "db5"), by
 * label ("pid 8123"), by key, or by the label's last word ("8123"), in this order. Required if the
 * action is for rows; exactly one if it also has picks. For an action that takes several targets:
 * names of further ones of its kind. PICK: for actions with a choice, rows of
 * the survey's table by key or label; a parent selects all rows below it. */
#pragma once

#include "actions/action.h"
#include "core/text/words.h"

struct words {
  const struct action *action;
  size_t target_index;
  char **rows; /* as typed; resolved by words_rows */
  size_t row_count;
  char **picks; /* as typed; resolved by words_picks after the survey */
  size_t pick_count;
  char **texts; /* one per parameter; NULL: not given */
};

/* Parses the words against the configuration: the action (of the list, which ends with NULL), the
 * target (its name, of the action's kind), the parameters (parsed by their options). Errors contain
 * the word, what is known and the nearest name. */
bool words_parse(struct words *words, const struct action *const *list, size_t count,
                 const char *const *argv, const struct model *model, struct err *err) MUST_CHECK;
/* The same for a known action; argv begins with the target. */
bool words_parse_rest(struct words *words, const struct action *action, size_t count,
                      const char *const *argv, const struct model *model,
                      struct err *err) MUST_CHECK;
void words_fini(struct words *words);
/* The keys of the model's rows, owned by the caller (words_keys_free): each once, in the order of
 * the table, then keys without a row of the model if the action allows them (row_named). False with
 * err if a row does not exist or a word is ambiguous. */
bool words_rows(const struct words *words, const struct model *model, char ***keys, size_t *count,
                struct err *err) MUST_CHECK;
/* The same for the survey's first table; a parent is replaced by its rows without children. No
 * picks give no keys. */
bool words_picks(const struct words *words, const struct sample *found, char ***keys, size_t *count,
                 struct err *err) MUST_CHECK;
void words_keys_free(char **keys, size_t count);
