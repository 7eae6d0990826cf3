/* An operation as words: ACTION TARGET [ROW...] [PICK...] [NAME=VALUE...].
 *
 * ROW: rows of the action's table (or the one of its context that fills in parameters: "db5"), by
 * label ("pid 8123"), by key, or by the label's last word ("8123"), in this order; needed where the
 * action is for rows, and one where it has picks as well. PICK: for actions with a choice: rows of
 * the survey's table by key or label; a parent stands for all below it. */
#pragma once

#include "actions/action.h"

enum { WORDS_MAX = 4096 };

struct words {
  const struct action *action;
  size_t target_index;
  char **rows; /* as typed: resolved by words_rows */
  size_t row_count;
  char **picks; /* as typed: resolved by words_picks once the survey is there */
  size_t pick_count;
  char **texts; /* one a param; NULL: not given */
};

/* Reads them against the configuration: the action, the target (its name; of the action's kind),
 * the parameters (parsed by their options). Errors name the word, what is known and the nearest. */
bool words_parse(struct words *words, size_t count, const char *const *argv,
                 const struct model *model, struct err *err) MUST_CHECK;
/* The same where the action is known already and argv begins with the target. */
bool words_parse_rest(struct words *words, const struct action *action, size_t count,
                      const char *const *argv, const struct model *model,
                      struct err *err) MUST_CHECK;
void words_fini(struct words *words);
/* The keys of the model's rows; owned by the caller (words_keys_free). Each once, in the order of
 * the table; then those that the action lets be named without a row of the model (row_named). False
 * with err when one is not there, or when a word could be several. */
bool words_rows(const struct words *words, const struct model *model, char ***keys, size_t *count,
                struct err *err) MUST_CHECK;
/* The same of the survey's first table; of what lies below a parent, the rows without children. No
 * picks are no keys. */
bool words_picks(const struct words *words, const struct sample *found, char ***keys, size_t *count,
                 struct err *err) MUST_CHECK;
void words_keys_free(char **keys, size_t count);

/* Splits a line into words: blanks separate, '...' and "..." and \ quote. The words and the array
 * lie in one block that the caller frees. NULL with err for an open quote or more than WORDS_MAX
 * words. What core/quote.h has quoted comes back as it was. */
char **words_split(const char *line, size_t *count, struct err *err) MUST_CHECK;
