/* From the key to the plan: form, survey, choice, plan. Nothing here changes anything outside. */
#include "app/pipeline_run.h"
#include "core/format.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- what must hold */

bool slot_is_fresh(const struct pipeline *pipeline, size_t slot_index, int64_t now_ms,
                   struct err *err) {
  const struct slot *slot = &pipeline->options.model->slots[slot_index];
  if (pipeline->paused)
    return err_set(err, ERR_INVALID, "the screen is held: z goes on, then plan by what is so now");
  switch (slot_state(slot, now_ms)) {
  case SLOT_WAITING:
    return err_set(err, ERR_INVALID, "nothing is known of %s yet", slot->target->name);
  case SLOT_DOWN:
    return err_set(err, slot->err.kind, "%s does not answer: %s", slot->target->name,
                   slot->err.text);
  case SLOT_STALE:
  case SLOT_LIVE:
    break;
  }
  int64_t limit = PIPELINE_DATA_INTERVALS * slot->target->interval_ms;
  limit = limit > PIPELINE_DATA_MS ? limit : PIPELINE_DATA_MS;
  char age[FORMAT_MAX];
  if (!slot->once && slot_age(slot, now_ms) > limit)
    return err_set(err, ERR_INVALID, "what is known of %s is %s old: no plan is made by that",
                   slot->target->name,
                   format_duration(age, sizeof age, (double)slot_age(slot, now_ms) / 1000));
  return true;
}

static struct action_request request_of(struct run *run) {
  struct operation *operation = &run->operation;
  return (struct action_request){
      .model = run->pipeline->options.model,
      .slot = operation->slot,
      .target = run->target,
      .table = operation->table,
      .keys = (const char *const *)operation->keys,
      .key_count = operation->key_count,
      .params = run->values,
      .texts = (const char *const *)operation->texts,
      .found = operation->found,
      .chosen = (const char *const *)operation->chosen,
      .chosen_count = operation->chosen_count,
      .now_ms = pipeline_now(),
      .state = run->pipeline->options.state,
  };
}

/* ---- the plan */

/* Where an error in what was typed can be mended, it goes back there. */
static void run_no_plan(struct run *run, const struct err *err) {
  if (run->action->spec.param_count == 0 || run->has_words) {
    run_fail(run, err);
    return;
  }
  run->operation.err = *err;
  run->operation.param_wrong = -1;
  run_phase(run, OPERATION_FORM);
}

static void run_plan(struct run *run) {
  struct operation *operation = &run->operation;
  struct err err = {0};
  const struct config *config = run->pipeline->options.model->config;
  const struct slot *slot = &run->pipeline->options.model->slots[operation->slot];
  struct action_request request = request_of(run);
  struct plan *plan = plan_new(&run->action->spec, run->target->name, config->environment,
                               config_is_production(config));
  plan->made_ms = request.now_ms;
  plan->data_ms = slot->sample ? slot->sample->taken_ms : request.now_ms;
  plan->hidden = operation->hidden;
  if (slot->sample && slot->sample->address)
    plan->address = plan_copy(plan, slot->sample->address);
  for (size_t i = 0; i < run->action->spec.param_count; i++)
    if (operation->texts[i])
      plan_param_add(plan, run->action->spec.params[i].name, operation->texts[i]);
  bool good = run->action->plan(&request, plan, &err);
  if (good && plan->arena.exhausted)
    good = err_set(&err, ERR_LIMIT, "the plan is too large: pick fewer");
  if (good && plan->victim_count == 0)
    good = err_set(&err, ERR_INVALID, "there is nothing to do");
  if (!good) {
    plan_free(plan);
    run_no_plan(run, &err);
    return;
  }
  plan_free(operation->plan);
  operation->plan = plan;
  operation->err = (struct err){0};
  run->planned_ms = request.now_ms;
  run_phase(run, OPERATION_PLAN);
}

/* ---- survey and choice */

static void after_survey(struct run *run) {
  struct operation *operation = &run->operation;
  struct err err = {0};
  if (run->action->spec.choice == CHOICE_NONE || operation->chosen_count > 0) {
    run_plan(run);
    return;
  }
  if (run->has_words && !words_picks(&run->words, operation->found, &operation->chosen,
                                     &operation->chosen_count, &err)) {
    run_fail(run, &err);
    return;
  }
  if (operation->chosen_count > 0)
    run_plan(run);
  else
    run_phase(run, OPERATION_CHOICE);
}

static void on_survey_done(struct run *run, struct sample *found, const struct err *err) {
  sample_free(run->operation.found);
  run->operation.found = found;
  if (err)
    run_no_plan(run, err);
  else
    after_survey(run);
}

static void run_survey(struct run *run) {
  struct err err = {0};
  if (!slot_is_fresh(run->pipeline, run->operation.slot, pipeline_now(), &err)) {
    run_fail(run, &err);
    return;
  }
  run->request = request_of(run);
  if (run->action->applies && !run->action->applies(&run->request, &err)) {
    run_fail(run, &err);
    return;
  }
  if (!run->action->survey) {
    after_survey(run);
    return;
  }
  run->request.found = NULL;
  run_phase(run, OPERATION_SURVEY);
  run_step(run, run->action->survey, on_survey_done);
}

/* ---- the form */

static bool param_parse(struct run *run, size_t index, struct err *err) {
  const struct option *param = &run->action->spec.params[index];
  const char *text = run->operation.texts[index];
  option_value_fini(&run->values[index]);
  if (!text && param->required)
    return err_set(err, ERR_INVALID, "%s is needed: %s", param->name, param->help);
  if (!text)
    return true;
  if (!option_parse(param, text, &run->values[index], err))
    return false;
  if (param->check && !param->check(text, err))
    return false;
  run->values[index].set = true;
  return true;
}

static bool params_parse(struct run *run) {
  struct operation *operation = &run->operation;
  for (size_t i = 0; i < run->action->spec.param_count; i++) {
    if (param_parse(run, i, &operation->err))
      continue;
    operation->param_wrong = (int)i;
    return false;
  }
  operation->err = (struct err){0};
  operation->param_wrong = -1;
  return true;
}

static void texts_set(struct run *run, const char *const *texts, size_t count) {
  for (size_t i = 0; i < run->action->spec.param_count; i++) {
    const char *text = i < count ? texts[i] : NULL;
    free(run->operation.texts[i]);
    run->operation.texts[i] = text && *text ? mem_dup(text) : NULL;
  }
}

void run_form(struct run *run, const char *const *texts, size_t count) {
  if (run->operation.phase != OPERATION_FORM)
    return;
  texts_set(run, texts, count);
  if (params_parse(run))
    run_survey(run);
  else
    pipeline_changed(run->pipeline);
}

static void texts_preset(struct run *run) {
  for (size_t i = 0; i < run->action->spec.param_count; i++) {
    const char *text = run->has_words ? run->words.texts[i] : NULL;
    text = text ? text : run->action->spec.params[i].fallback;
    free(run->operation.texts[i]);
    run->operation.texts[i] = text && *text ? mem_dup(text) : NULL;
  }
}

void run_begin(struct run *run) {
  texts_preset(run);
  if (run->action->spec.param_count > 0 && !run->has_words) {
    run_phase(run, OPERATION_FORM);
    return;
  }
  if (params_parse(run))
    run_survey(run);
  else {
    const struct err err = run->operation.err;
    run_fail(run, &err);
  }
}

void run_choose(struct run *run, const char *const *keys, size_t count) {
  struct operation *operation = &run->operation;
  if (operation->phase != OPERATION_CHOICE || count == 0)
    return;
  run_free_texts(operation->chosen, operation->chosen_count);
  operation->chosen = mem_new(count * sizeof *operation->chosen);
  operation->chosen_count = 0;
  for (size_t i = 0; i < count; i++)
    operation->chosen[operation->chosen_count++] = mem_dup(keys[i]);
  run_plan(run);
}

/* The same subject, parameters and picks, from fresh data. */
void run_replan(struct run *run) {
  if (run->operation.phase == OPERATION_PLAN && !run->adopted)
    run_survey(run);
}
