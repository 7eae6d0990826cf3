/* Finds rows of a table by the names that users type. */
#include "operate/command/words.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/suggest.h"
#include "model/config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Limits the search for the nearest name, which is only a hint. */
enum { SUGGEST_ROWS_MAX = 2000, LABEL_MAX = 512 };

struct finder {
  const struct table *table;
  const char *where;                          /* "sessions of ecap" */
  struct map rows;                            /* their places by key */
  bool *taken;                                /* one per row of the table */
  const char *(*row_named)(const char *word); /* of the action; NULL: the table has all rows */
  const char **named; /* keys that only the server may know; room for one per word */
  size_t named_count;
};

static void finder_init(struct finder *finder, const struct table *table, const char *where) {
  assert(table->rows || table->row_count == 0);
  *finder = (struct finder){.table = table, .where = where};
  finder->taken = mem_new(table->row_count + 1);
  for (size_t i = 0; i < table->row_count; i++)
    map_add(&finder->rows, table->rows[i].key, i);
}

static void finder_fini(struct finder *finder) {
  map_fini(&finder->rows);
  free(finder->taken);
  free(finder->named);
}

static const struct row *row_of_key(const struct finder *finder, const char *key) {
  const struct map_slot *found = map_find(&finder->rows, key);
  return found ? &finder->table->rows[found->value] : NULL;
}

static const char *row_label(const struct table *table, const struct row *row,
                             char out[LABEL_MAX]) {
  assert(row);
  if (row->cells[0].type == VALUE_TEXT)
    return row->cells[0].text;
  return format_value(out, LABEL_MAX, row->cells[0], table->spec->columns[0].unit, false);
}

static bool label_is(const char *label, const char *word, bool last_word) {
  const char *blank = last_word ? strrchr(label, ' ') : NULL;
  return strcmp(blank ? blank + 1 : label, word) == 0;
}

/* False with err if two rows match; *row is NULL if none does. */
static bool row_of_label(const struct finder *finder, const char *word, bool last_word,
                         const struct row **row, struct err *err) {
  const struct table *table = finder->table;
  char buffer[LABEL_MAX], other[LABEL_MAX];
  *row = NULL;
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *each = &table->rows[i];
    const char *label = row_label(table, each, buffer);
    if (!label_is(label, word, last_word))
      continue;
    if (*row)
      return err_set(
          err, ERR_INVALID,
          "\"%.40s\" is ambiguous among %s: %.40s (key %.32s) and %.40s (key %.32s); use the key",
          word, finder->where, row_label(table, *row, other), (*row)->key, label, each->key);
    *row = each;
  }
  return true;
}

static bool row_refuse(const struct finder *finder, const char *word, struct err *err) {
  const struct table *table = finder->table;
  struct suggestion suggestion = {0};
  char nearest[LABEL_MAX] = "", buffer[LABEL_MAX];
  for (size_t i = 0; i < table->row_count && i < SUGGEST_ROWS_MAX; i++) {
    const char *label = row_label(table, &table->rows[i], buffer), *before = suggestion.best;
    suggest_consider(&suggestion, word, label);
    if (suggestion.best != before) /* the label of a number is in the buffer */
      suggestion.best = memccpy(nearest, label, '\0', sizeof nearest) ? nearest : NULL;
    suggest_consider(&suggestion, word, table->rows[i].key);
  }
  return err_set(err, ERR_INVALID, "no \"%.64s\" among %s%s%s", word, finder->where,
                 table->truncated ? ", of which not all could be read" : "",
                 suggest_text(&suggestion));
}

/* A name is literal: "a%2Fb" names the group a%2Fb, not the group a/b whose key is "a%2Fb". A key
 * distinguishes rows of the same name, and is accepted if it is not the name of a row. */
static bool row_find(const struct finder *finder, const char *word, const struct row **row,
                     struct err *err) {
  char buffer[LABEL_MAX];
  const struct row *keyed = row_of_key(finder, word);
  bool itself = keyed && label_is(row_label(finder->table, keyed, buffer), word, false);
  *row = keyed;
  if (!itself && !row_of_label(finder, word, false, row, err))
    return false;
  if (!*row)
    *row = keyed;
  if (!*row && !row_of_label(finder, word, true, row, err))
    return false;
  return *row || row_refuse(finder, word, err);
}

static bool rows_take(struct finder *finder, char *const *words, size_t count, struct err *err) {
  for (size_t i = 0; i < count; i++) {
    const struct row *row;
    if (!row_find(finder, words[i], &row, err)) {
      const char *key = finder->row_named ? finder->row_named(words[i]) : NULL;
      if (!key)
        return false;
      finder->named[finder->named_count++] = key;
      continue;
    }
    finder->taken[row - finder->table->rows] = true;
  }
  return true;
}

/* Replaces a parent by its children. Parents come first. */
static void rows_unfold(struct finder *finder) {
  const struct table *table = finder->table;
  bool *unfolded = mem_new(table->row_count + 1);
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *parent =
        table->rows[i].parent ? row_of_key(finder, table->rows[i].parent) : NULL;
    if (!parent || !finder->taken[parent - table->rows])
      continue;
    finder->taken[i] = true;
    unfolded[parent - table->rows] = true;
  }
  for (size_t i = 0; i < table->row_count; i++)
    finder->taken[i] = finder->taken[i] && !unfolded[i];
  free(unfolded);
}

static void rows_keep(const struct finder *finder, char ***keys, size_t *count) {
  const struct table *table = finder->table;
  *keys = mem_new((table->row_count + finder->named_count + 1) * sizeof **keys);
  *count = 0;
  for (size_t i = 0; i < table->row_count; i++)
    if (finder->taken[i])
      (*keys)[(*count)++] = mem_dup(table->rows[i].key);
  for (size_t i = 0; i < finder->named_count; i++)
    (*keys)[(*count)++] = mem_dup(finder->named[i]);
}

/* The first target and the others that were named, each once, in the order of the configuration. */
static void targets_keep(const struct words *words, const struct model *model, char ***keys,
                         size_t *count) {
  const struct config *config = model->config;
  const struct target *first = model->targets[words->target_index].target;
  *keys = mem_new((words->row_count + 2) * sizeof **keys);
  for (size_t i = 0; i < config->all_count; i++) {
    const struct target *target = config->all[i];
    bool named = target == first;
    for (size_t word = 0; word < words->row_count && !named; word++)
      named = target->kind == first->kind && strcmp(target->name, words->rows[word]) == 0;
    if (named)
      (*keys)[(*count)++] = mem_dup(target->name);
  }
}

bool words_rows(const struct words *words, const struct model *model, char ***keys, size_t *count,
                struct err *err) {
  const struct target_state *state = &model->targets[words->target_index];
  const struct action_spec *spec = &words->action->spec;
  const char *id = spec->table ? spec->table : spec->context, *name = state->target->name;
  *keys = NULL;
  *count = 0;
  if (action_takes_targets(spec) && words->row_count > 0)
    targets_keep(words, model, keys, count);
  if (!id || (!spec->table && words->row_count == 0))
    return true;
  if (!state->sample)
    return err_set(err, state->err.kind == ERR_NONE ? ERR_INVALID : state->err.kind,
                   "no data from %s%s%s", name, *state->err.text ? ": " : " yet", state->err.text);
  /* a table of pages only: the action knows the keys of its rows */
  static const struct table_spec unknown_spec = {.id = "", .title = ""};
  static const struct table unknown = {.spec = &unknown_spec};
  const struct table *table = sample_table_view(state->sample, id);
  if (!table && words->action->row_named)
    table = &unknown;
  if (!table)
    return err_set(err, ERR_UNSUPPORTED, "%s has no table \"%s\"", name, id);
  char where[160];
  snprintf(where, sizeof where, "%s of %.100s", id, name);
  struct finder finder;
  finder_init(&finder, table, where);
  finder.row_named = words->action->row_named;
  finder.named = mem_new((words->row_count + 1) * sizeof *finder.named);
  bool good = rows_take(&finder, words->rows, words->row_count, err);
  if (good)
    rows_keep(&finder, keys, count);
  finder_fini(&finder);
  return good;
}

bool words_picks(const struct words *words, const struct sample *found, char ***keys, size_t *count,
                 struct err *err) {
  *keys = NULL;
  *count = 0;
  if (words->pick_count == 0)
    return true;
  if (!found || found->table_count == 0)
    return err_set(err, ERR_INVALID, "nothing to pick from");
  char where[160];
  snprintf(where, sizeof where, "the %.100s to pick from", found->tables[0].spec->id);
  struct finder finder;
  finder_init(&finder, &found->tables[0], where);
  bool good = rows_take(&finder, words->picks, words->pick_count, err);
  if (good) {
    rows_unfold(&finder);
    rows_keep(&finder, keys, count);
  }
  finder_fini(&finder);
  if (good && words->action->spec.choice == CHOICE_ONE && *count != 1) {
    const size_t many = *count;
    words_keys_free(*keys, *count);
    *keys = NULL;
    *count = 0;
    return err_set(err, ERR_INVALID, "%s takes one of %s, not %zu", words->action->spec.id, where,
                   many);
  }
  return good;
}
