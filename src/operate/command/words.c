#include "operate/command/words.h"

#include "core/mem.h"
#include "core/text/suggest.h"
#include "model/config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the action and the target */

static bool action_read(const struct action *const *list, const char *word,
                        const struct action **action, struct err *err) {
  struct suggestion suggestion = {0};
  *action = action_find_in(list, word);
  if (*action)
    return true;
  for (const struct action *const *each = list; *each; each++)
    suggest_consider(&suggestion, word, (*each)->spec.id);
  return err_set(err, ERR_INVALID, "unknown action \"%.64s\"%s (`stacktop actions` lists them)",
                 word, suggest_text(&suggestion));
}

/* The name of another target of the kind: of the configuration, because without the screen the
 * model has only the first. */
static bool another_read(const struct model *model, const struct target *first, const char *word,
                         struct err *err) {
  struct suggestion suggestion = {0};
  const struct config *config = model->config;
  if (target_beside(first, word))
    return true;
  for (size_t i = 0; i < config->all_count; i++)
    if (config->all[i]->kind == first->kind)
      suggest_consider(&suggestion, word, config->all[i]->name);
  return err_set(err, ERR_INVALID, "unknown %s target \"%.64s\"%s (`stacktop config` lists them)",
                 first->kind->kind, word, suggest_text(&suggestion));
}

/* The name of a target of another kind is not a misspelling. */
static bool target_refuse(const struct model *model, const char *kind, const char *word,
                          struct err *err) {
  struct suggestion suggestion = {0};
  size_t known = 0;
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target *target = model->targets[i].target;
    if (strcmp(target->kind->kind, kind) != 0)
      continue;
    known++;
    suggest_consider(&suggestion, word, target->name);
  }
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target *target = model->targets[i].target;
    if (strcmp(target->name, word) == 0)
      return err_set(err, ERR_INVALID, "\"%.64s\" is a %s target; the action is for %s", word,
                     target->kind->kind, kind);
  }
  if (known == 0)
    return err_set(err, ERR_INVALID, "the configuration has no %s target", kind);
  return err_set(err, ERR_INVALID, "unknown %s target \"%.64s\"%s (`stacktop config` lists them)",
                 kind, word, suggest_text(&suggestion));
}

static bool target_read(const struct model *model, const char *kind, const char *word,
                        size_t *target_index, struct err *err) {
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target *target = model->targets[i].target;
    if (strcmp(target->kind->kind, kind) == 0 && strcmp(target->name, word) == 0) {
      *target_index = i;
      return true;
    }
  }
  return target_refuse(model, kind, word, err);
}

/* ---- parameters */

static bool takes_names(const struct action_spec *spec) {
  return spec->table || spec->context || spec->choice != CHOICE_NONE || action_takes_targets(spec);
}

/* The length of NAME if the word has the form NAME=VALUE; otherwise 0. */
static size_t name_length(const char *word) {
  size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-");
  return word[length] == '=' ? length : 0;
}

static bool param_take(struct words *words, size_t index, const char *value, struct err *err) {
  const struct option *option = &words->action->spec.params[index];
  if (words->texts[index])
    return err_set(err, ERR_INVALID, "duplicate parameter %s=", option->name);
  struct option_value parsed = {0};
  struct err why = {0};
  bool good = option_parse(option, value, &parsed, &why);
  option_value_fini(&parsed);
  if (!good)
    return err_set(err, ERR_INVALID, "%s: %s", option->name, why.text);
  words->texts[index] = mem_dup(value);
  return true;
}

static bool param_refuse(const struct action_spec *spec, const char *name, const char *guess,
                         struct err *err) {
  char list[120] = "";
  for (size_t i = 0; i < spec->param_count; i++) {
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "; known: ", spec->params[i].name);
  }
  return err_set(err, ERR_INVALID, "%s has no parameter \"%.40s\"%s", spec->id, name,
                 *guess ? guess : list);
}

/* Whether the word is a parameter; *good then says whether it is valid. If the action takes rows, a
 * word with "=" can also name a row, unless its name is similar to a parameter. */
static bool param_read(struct words *words, const char *word, bool *good, struct err *err) {
  const struct action_spec *spec = &words->action->spec;
  const size_t length = name_length(word);
  if (length == 0 || length > 40)
    return false;
  char name[41];
  snprintf(name, sizeof name, "%.*s", (int)length, word);
  const int index = action_param(spec, name);
  if (index >= 0) {
    *good = param_take(words, (size_t)index, word + length + 1, err);
    return true;
  }
  struct suggestion suggestion = {0};
  for (size_t i = 0; i < spec->param_count; i++)
    suggest_consider(&suggestion, name, spec->params[i].name);
  if (takes_names(spec) && !suggestion.best)
    return false;
  *good = param_refuse(spec, name, suggest_text(&suggestion), err);
  return true;
}

static bool params_complete(const struct words *words, struct err *err) {
  const struct action_spec *spec = &words->action->spec;
  if (spec->context && words->row_count > 0)
    return true; /* the row's parameters are known once it is found */
  for (size_t i = 0; i < spec->param_count; i++)
    if (spec->params[i].required && !spec->params[i].fallback && !words->texts[i])
      return err_set(err, ERR_INVALID, "%s requires %s=...: %s", spec->id, spec->params[i].name,
                     spec->params[i].help ? spec->params[i].help : "");
  return true;
}

/* ---- rows and picks */

static bool name_take(struct words *words, const char *word, const struct model *model,
                      struct err *err) {
  const struct action_spec *spec = &words->action->spec;
  const struct target *target = model->targets[words->target_index].target;
  const bool picks = spec->choice != CHOICE_NONE;
  if (!takes_names(spec))
    return err_set(err, ERR_INVALID, "%s takes no rows; unexpected \"%.64s\"", spec->id, word);
  if ((spec->table || (spec->context && !picks)) && (!picks || words->row_count == 0)) {
    if (words->row_count == 1 && !spec->many)
      return err_set(err, ERR_INVALID, "%s takes one row; unexpected \"%.64s\"", spec->id, word);
    words->rows[words->row_count++] = mem_dup(word);
  } else if (action_takes_targets(spec)) {
    if (!another_read(model, target, word, err))
      return false;
    words->rows[words->row_count++] = mem_dup(word);
  } else {
    words->picks[words->pick_count++] = mem_dup(word);
  }
  return true;
}

static bool rest_read(struct words *words, size_t count, const char *const *argv,
                      const struct model *model, struct err *err) {
  for (size_t i = 0; i < count; i++) {
    bool good = true;
    if (!param_read(words, argv[i], &good, err))
      good = name_take(words, argv[i], model, err);
    if (!good)
      return false;
  }
  const struct action_spec *spec = &words->action->spec;
  if (spec->table && words->row_count == 0)
    return err_set(err, ERR_INVALID, "%s requires a row of %s; give its key or its name", spec->id,
                   spec->table);
  return params_complete(words, err);
}

bool words_parse_rest(struct words *words, const struct action *action, size_t count,
                      const char *const *argv, const struct model *model, struct err *err) {
  *words = (struct words){.action = action};
  if (count == 0)
    return err_set(err, ERR_INVALID, "%s requires a target, the name of a %s in the configuration",
                   action->spec.id, action->spec.kind);
  if (count > WORDS_MAX)
    return err_set(err, ERR_LIMIT, "more than %d words", WORDS_MAX);
  if (!target_read(model, action->spec.kind, argv[0], &words->target_index, err))
    return false;
  words->rows = mem_new(count * sizeof *words->rows);
  words->picks = mem_new(count * sizeof *words->picks);
  words->texts = mem_new((action->spec.param_count + 1) * sizeof *words->texts);
  if (rest_read(words, count - 1, argv + 1, model, err))
    return true;
  words_fini(words);
  return false;
}

bool words_parse(struct words *words, const struct action *const *list, size_t count,
                 const char *const *argv, const struct model *model, struct err *err) {
  const struct action *action;
  *words = (struct words){0};
  if (count == 0)
    return err_set(err, ERR_INVALID, "an action is required (`stacktop actions` lists them)");
  return action_read(list, argv[0], &action, err) &&
         words_parse_rest(words, action, count - 1, argv + 1, model, err);
}

void words_keys_free(char **keys, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(keys[i]);
  free(keys);
}

void words_fini(struct words *words) {
  words_keys_free(words->rows, words->row_count);
  words_keys_free(words->picks, words->pick_count);
  if (words->texts)
    words_keys_free(words->texts, words->action->spec.param_count);
  *words = (struct words){0};
}
