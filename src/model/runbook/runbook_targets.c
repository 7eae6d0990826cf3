/* Parameters of a runbook that name targets: which ones, and what is skipped without them. */
#include "core/text/suggest.h"
#include "model/runbook/runbook.h"

#include <stdio.h>
#include <string.h>

static bool is_of(const struct target *target, const char *kind) {
  return strcmp(target->kind->kind, kind) == 0;
}

static const struct target *find(const struct config *config, const char *kind, const char *name) {
  for (size_t i = 0; i < config->all_count; i++)
    if (is_of(config->all[i], kind) && strcmp(config->all[i]->name, name) == 0)
      return config->all[i];
  return NULL;
}

/* ---- which target */

static bool name_unknown(const struct runbook_param *param, const struct config *config,
                         const char *name, struct err *err) {
  struct suggestion near = {0};
  for (size_t i = 0; i < config->all_count; i++)
    if (is_of(config->all[i], param->kind))
      suggest_consider(&near, name, config->all[i]->name);
  return err_set(err, ERR_INVALID, "%s: no %s target is named \"%.80s\"%s", param->name,
                 param->kind, name, suggest_text(&near));
}

/* The only target of the kind; those that are disabled count where there is no other. */
static bool only_choose(const struct runbook *runbook, const struct runbook_param *param,
                        const struct config *config, const char **text, struct err *err) {
  const struct target *found = NULL;
  char names[120] = "";
  size_t count = 0;
  for (size_t i = 0; i < config->all_count; i++) {
    const size_t used = strlen(names);
    if (!is_of(config->all[i], param->kind) || config->all[i]->disabled)
      continue;
    found = config->all[i];
    snprintf(names + used, sizeof names - used, "%s%.40s", count++ > 0 ? ", " : "", found->name);
  }
  *text = found ? found->name : "";
  if (count == 0 && !param->optional)
    return err_set(err, ERR_INVALID,
                   "%s needs a %s target (%s=NAME), and the configuration has none", runbook->name,
                   param->kind, param->name);
  return count < 2 || err_set(err, ERR_INVALID, "%s: choose one of the %zu %s targets, %s=NAME: %s",
                              runbook->name, count, param->kind, param->name, names);
}

bool runbook_values_targets(struct runbook_values *values, const struct config *config,
                            struct err *err) {
  for (size_t i = 0; i < values->runbook->param_count; i++) {
    const struct runbook_param *param = &values->runbook->params[i];
    const char *text = values->texts[i];
    const bool given = text && text != param->fallback;
    if (!param->kind)
      continue;
    const struct target *named = text ? find(config, param->kind, text) : NULL;
    if (given && !named)
      return name_unknown(param, config, text, err);
    if (named && (given || !named->disabled))
      continue;
    if (!only_choose(values->runbook, param, config, &values->texts[i], err))
      return false;
  }
  return true;
}

/* ---- what is skipped */

static const char *skipped(char out[RUNBOOK_SKIPPED_MAX], const struct runbook_param *param,
                           const struct config *config) {
  if (!param)
    return NULL;
  snprintf(out, RUNBOOK_SKIPPED_MAX, "skipped: the configuration has no %s target", param->kind);
  for (size_t i = 0; i < config->all_count; i++)
    if (is_of(config->all[i], param->kind) && config->all[i]->disabled)
      snprintf(out, RUNBOOK_SKIPPED_MAX, "skipped: %.60s is disabled: %.100s", config->all[i]->name,
               config->all[i]->disabled);
  return out;
}

const char *runbook_condition_skipped(char out[RUNBOOK_SKIPPED_MAX],
                                      const struct runbook_condition *condition,
                                      const struct runbook_values *values,
                                      const struct config *config,
                                      const struct condition_lookup *lookup) {
  const char *const texts[] = {condition->target, condition->row, condition->above,
                               condition->below};
  const struct runbook_param *absent = NULL;
  struct runbook_judge judge;
  struct err err;
  for (size_t i = 0; i < sizeof texts / sizeof *texts && !absent; i++)
    absent = runbook_text_absent(values, texts[i]);
  if (absent || condition->target || !condition->metric)
    return skipped(out, absent, config);
  size_t count = 0;
  bool good = runbook_judge_init(&judge, condition, values, lookup, &err);
  for (size_t i = 0; good && i < config->all_count; i++)
    count += condition_is_about(&judge.condition, config->all[i]) && !config->all[i]->disabled;
  if (good && count == 0)
    snprintf(out, RUNBOOK_SKIPPED_MAX,
             "skipped: the configuration has no %s target that is watched",
             judge.condition.kind->kind);
  runbook_judge_fini(&judge);
  return good && count == 0 ? out : NULL;
}

const char *runbook_step_skipped(char out[RUNBOOK_SKIPPED_MAX], const struct runbook_step *step,
                                 const struct runbook_values *values, const struct config *config,
                                 const struct condition_lookup *lookup) {
  const struct runbook_param *absent = NULL;
  if (step->kind == RUNBOOK_ASK)
    return NULL;
  if (step->kind == RUNBOOK_CHECK || step->kind == RUNBOOK_WAIT)
    return runbook_condition_skipped(out, &step->condition, values, config, lookup);
  for (size_t i = 0; i < step->word_count && !absent; i++)
    absent = runbook_text_absent(values, step->words[i]);
  for (size_t i = 0; i < step->pair_count && !absent; i++)
    absent = runbook_text_absent(values, step->pairs[i].value);
  return skipped(out, absent, config);
}
