/* From the key to the plan: form, survey, choice, plan. Nothing here changes a server. */
#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "model/config/config.h"
#include "operate/pipeline/pipeline.h"
#include "operate/pipeline/pipeline_run.h"

#include <stdlib.h>
#include <string.h>

enum { NEXT_LINE_MAX = 16 << 10 };

/* ---- what must hold */

bool target_state_is_fresh(const struct pipeline *pipeline, size_t slot_index, int64_t now_ms,
                           struct err *err) {
  const struct target_state *state = &pipeline->options.model->targets[slot_index];
  if (pipeline->paused)
    return err_set(err, ERR_INVALID, "the screen is paused: resume it, then plan again");
  switch (target_state_condition(state, now_ms)) {
  case TARGET_WAITING:
    return err_set(err, ERR_INVALID, "no data from %s yet", state->target->name);
  case TARGET_DOWN:
    if (state->err.kind == ERR_DISABLED)
      return err_set(err, ERR_DISABLED, "%s is %s", state->target->name, state->err.text);
    return err_set(err, state->err.kind, "%s does not answer: %s", state->target->name,
                   state->err.text);
  default:
    break;
  }
  int64_t limit = PIPELINE_DATA_INTERVALS * target_state_interval(state);
  limit = limit > PIPELINE_DATA_MS ? limit : PIPELINE_DATA_MS;
  char age[FORMAT_MAX];
  if (target_state_condition(state, now_ms) == TARGET_STALE ||
      (!state->once && target_state_age(state, now_ms) > limit))
    return err_set(
        err, ERR_INVALID,
        "the data of %s is %s old, too old for a plan; wait for the next collection",
        state->target->name,
        format_duration(age, sizeof age, (double)target_state_age(state, now_ms) / 1000));
  return true;
}

bool rows_are_there(const struct action_request *request, struct err *err) {
  for (size_t i = 0; i < request->key_count; i++)
    if (request->table ? !action_row(request, i)
                       : !target_beside(request->target, request->keys[i]))
      return err_set(err, ERR_INVALID, "%s no longer exists", request->keys[i]);
  return true;
}

static struct action_request request_of(struct run *run) {
  struct operation *operation = &run->operation;
  return (struct action_request){
      .action = run->action,
      .model = run->pipeline->options.model,
      .target_index = operation->target_index,
      .target = run->target,
      .table = operation->table,
      .keys = (const char *const *)operation->keys,
      .key_count = operation->key_count,
      .params = run->values,
      .texts = (const char *const *)operation->texts,
      .found = operation->found,
      .chosen = (const char *const *)operation->chosen,
      .chosen_count = operation->chosen_count,
      .now_ms = clock_wall_ms(),
      .state = run->pipeline->options.state,
      .who = run->pipeline->self.login ? run->pipeline->self.login : run->pipeline->self.user,
  };
}

/* ---- the plan */

static void chosen_forget(struct operation *operation) {
  run_free_texts(operation->chosen, operation->chosen_count);
  operation->chosen = NULL;
  operation->chosen_count = 0;
}

/* An error in the picks or the form returns to where it can be corrected. */
static void run_no_plan(struct run *run, const struct err *err) {
  const bool picking = run->operation.phase == OPERATION_CHOICE;
  if (run->has_words || (!picking && run->action->spec.param_count == 0)) {
    run_fail(run, err);
    return;
  }
  chosen_forget(&run->operation);
  run->operation.err = *err;
  run->operation.param_wrong = -1;
  run_phase(run, picking ? OPERATION_CHOICE : OPERATION_FORM);
}

/* Time of the oldest data that the plan is based on. */
static int64_t data_ms(const struct run *run) {
  const struct operation *operation = &run->operation;
  const struct sample *sample =
      run->pipeline->options.model->targets[operation->target_index].sample;
  const struct sample *found = operation->found;
  if (!found)
    return sample ? sample->taken_ms : 0;
  return operation->table && sample && sample->taken_ms < found->taken_ms ? sample->taken_ms
                                                                          : found->taken_ms;
}

static bool chosen_are_there(const struct run *run, struct err *err) {
  const struct operation *operation = &run->operation;
  if (run->action->spec.choice == CHOICE_ONE && operation->chosen_count != 1)
    return err_set(err, ERR_INVALID, "pick one, not %zu", operation->chosen_count);
  if (operation->chosen_count == 0)
    return true;
  const struct table *table =
      operation->found && operation->found->table_count ? &operation->found->tables[0] : NULL;
  struct map rows = {0};
  bool good = true;
  for (size_t i = 0; table && i < table->row_count; i++)
    map_add(&rows, table->rows[i].key, i);
  for (size_t i = 0; good && i < operation->chosen_count; i++)
    if (!map_find(&rows, operation->chosen[i]))
      good = err_set(err, ERR_INVALID, "%s no longer exists", operation->chosen[i]);
  map_fini(&rows);
  return good;
}

static bool plan_make(struct run *run, const struct action_request *request, struct plan *plan,
                      struct err *err) {
  if (!target_state_is_fresh(run->pipeline, request->target_index, pipeline_now(), err) ||
      (!run->action->row_named && !rows_are_there(request, err)) || !chosen_are_there(run, err) ||
      !run->action->plan(request, plan, err))
    return false;
  if (plan->arena.exhausted)
    return err_set(err, ERR_LIMIT, "the plan is too large; pick fewer");
  if (plan->object_count == 0)
    return err_set(err, ERR_INVALID, "nothing to do");
  return !run_meets_another(run, plan, err);
}

static void run_plan(struct run *run) {
  struct operation *operation = &run->operation;
  struct err err = {0};
  const struct config *config = run->pipeline->options.model->config;
  const struct target_state *state =
      &run->pipeline->options.model->targets[operation->target_index];
  struct action_request request = request_of(run);
  struct plan *plan = plan_new(&run->action->spec, run->target->name, config->environment,
                               config_is_production(config));
  plan->made_ms = pipeline_now();
  plan->data_ms = data_ms(run);
  plan->hidden = operation->hidden;
  if (state->sample && state->sample->address)
    plan->address = plan_copy(plan, state->sample->address);
  if (state->sample && state->sample->facts[FACT_SERVER])
    plan->server = plan_copy(plan, state->sample->facts[FACT_SERVER]);
  for (size_t i = 0; i < run->action->spec.param_count; i++)
    if (operation->texts[i])
      plan_param_add(plan, run->action->spec.params[i].name, operation->texts[i]);
  if (!plan_make(run, &request, plan, &err)) {
    plan_free(plan);
    run_no_plan(run, &err);
    return;
  }
  plan_free(operation->plan);
  operation->plan = plan;
  operation->err = (struct err){0};
  run->planned_ms = plan->made_ms;
  run_phase(run, OPERATION_PLAN);
}

/* ---- survey and choice */

/* The reason why there are no candidates, from the survey. */
static void nothing_found(const struct sample *found, struct err *err) {
  err_set(err, ERR_INVALID, "nothing to pick from%s%s", found && found->note_count > 0 ? ": " : "",
          found && found->note_count > 0 ? found->notes[0].text : "");
}

static void after_survey(struct run *run) {
  struct operation *operation = &run->operation;
  struct err err = {0};
  operation->cancelling = false;
  if (run->action->spec.choice == CHOICE_NONE || operation->chosen_count > 0) {
    run_plan(run);
    return;
  }
  if (!operation->found || operation->found->table_count == 0 ||
      operation->found->tables[0].row_count == 0) {
    nothing_found(operation->found, &err);
    run_no_plan(run, &err);
    return;
  }
  if (run->has_words && !words_picks(&run->words, operation->found, &operation->chosen,
                                     &operation->chosen_count, &err)) {
    run_fail(run, &err);
    return;
  }
  if (operation->chosen_count > 0 && run->action->spec.danger == DANGER_NONE) {
    err_set(&err, ERR_INVALID, "%s only reads: it takes no rows of its table",
            run->action->spec.id);
    run_fail(run, &err);
  } else if (operation->chosen_count > 0) {
    run_plan(run);
  } else {
    run_phase(run, OPERATION_CHOICE);
  }
}

static void on_survey_done(struct run *run, struct sample *found, const struct err *err) {
  sample_free(run->operation.found);
  run->operation.found = found;
  if (found && found->taken_ms == 0)
    found->taken_ms = pipeline_now();
  if (err)
    run_no_plan(run, err);
  else
    after_survey(run);
}

static void run_survey(struct run *run) {
  struct err err = {0};
  if (!target_state_is_fresh(run->pipeline, run->operation.target_index, pipeline_now(), &err)) {
    run_fail(run, &err);
    return;
  }
  run->request = request_of(run);
  if ((!run->action->row_named && !rows_are_there(&run->request, &err)) ||
      (run->action->applies && !run->action->applies(&run->request, &err))) {
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
    return err_set(err, ERR_INVALID, "missing parameter %s: %s", param->name, param->help);
  if (!text)
    return true;
  return option_parse(param, text, &run->values[index], err);
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

/* Sets the default of each parameter that is not given, so that no action finds a parameter with a
 * default unset. An empty field of the form is not given; NAME= on a command line is given, and
 * empty. */
static void texts_set(struct run *run, const char *const *texts, size_t count, bool empty_counts) {
  for (size_t i = 0; i < run->action->spec.param_count; i++) {
    const char *text = i < count ? texts[i] : NULL;
    if (!text || (!*text && !empty_counts))
      text = run->action->spec.params[i].fallback;
    char *own = text ? mem_dup(text) : NULL;
    free(run->operation.texts[i]);
    run->operation.texts[i] = own;
  }
}

void run_form(struct run *run, const char *const *texts, size_t count) {
  if (run->operation.phase != OPERATION_FORM)
    return;
  texts_set(run, texts, count, false);
  if (!run->action->spec.context) /* otherwise the rows of the context may be chosen */
    chosen_forget(&run->operation);
  if (params_parse(run))
    run_survey(run);
  else
    pipeline_changed(run->pipeline);
}

void run_begin(struct run *run) {
  if (run->has_words)
    texts_set(run, (const char *const *)run->words.texts, run->action->spec.param_count, true);
  else /* preset from the row */
    texts_set(run, (const char *const *)run->operation.texts, run->action->spec.param_count, false);
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

/* What can be done about the row that was picked, instead of a plan. */
static void run_next(struct run *run, const char *key) {
  struct pipeline *pipeline = run->pipeline;
  struct operation *operation = &run->operation;
  const struct action_request request = request_of(run);
  const struct row *row = table_find(&operation->found->tables[0], key);
  char line[NEXT_LINE_MAX];
  struct err err = {0};
  if (!row || !run->action->next) {
    err_set(&err, ERR_UNSUPPORTED, "nothing can be done about this row from here");
  } else if (run->action->next(&request, row, line, sizeof line, &err)) {
    size_t count = 0;
    char **words = words_split(line, &count, &err);
    if (words && pipeline_begin(pipeline, count, (const char *const *)words, false, &err)) {
      free(words);
      return; /* the run is no longer there: it was in the dialog, and had not started */
    }
    free(words);
  }
  if (pipeline->operations->front != operation) {
    pipeline_warn(pipeline, "next action", err.text);
    return;
  }
  operation->err = err;
  pipeline_changed(pipeline);
}

void run_pick(struct run *run, const char *const *keys, size_t count) {
  struct operation *operation = &run->operation;
  chosen_forget(operation);
  operation->chosen = mem_new((count + 1) * sizeof *operation->chosen);
  for (size_t i = 0; i < count; i++)
    operation->chosen[operation->chosen_count++] = mem_dup(keys[i]);
}

void run_choose(struct run *run, const char *const *keys, size_t count) {
  struct operation *operation = &run->operation;
  if (operation->phase != OPERATION_CHOICE || count == 0)
    return;
  if (run->action->spec.danger == DANGER_NONE) {
    run_next(run, keys[0]);
    return;
  }
  run_pick(run, keys, count);
  if (pipeline_now() - operation->found->taken_ms > PLAN_LIFETIME_MS)
    run_survey(run); /* picking took too long: survey again and keep the picks */
  else
    run_plan(run);
}

/* Plans again with the same subject, parameters and picks, from fresh data. */
void run_replan(struct run *run) {
  if (run->operation.phase == OPERATION_PLAN && !run->adopted)
    run_survey(run);
}
