#include "operate/pipeline/pipeline.h"

#include "core/mem.h"
#include "io/clock.h"
#include "operate/pipeline/pipeline_run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { OFFERS_BYTES_MAX = 256 << 10 };

static void specs_make(struct pipeline *pipeline) {
  size_t count = 0;
  while (pipeline->actions[count])
    count++;
  pipeline->specs = mem_new((count + 1) * sizeof *pipeline->specs);
  for (size_t i = 0; i < count; i++)
    pipeline->specs[i] = &pipeline->actions[i]->spec;
}

struct pipeline *pipeline_new(const struct pipeline_options *options) {
  struct pipeline *pipeline = mem_new(sizeof *pipeline);
  pipeline->options = *options;
  pipeline->actions = options->actions ? options->actions : actions;
  specs_make(pipeline);
  pipeline->operations = &options->model->operations;
  *pipeline->operations =
      (struct operations){.specs = pipeline->specs, .may = menu_may, .may_arg = pipeline};
  uv_timer_init(options->io->loop, &pipeline->closing);
  pipeline->closing.data = pipeline;
  arena_init(&pipeline->offers, OFFERS_BYTES_MAX);
  audit_on_kept(options->audit, pipeline_kept, pipeline);
  audit_who_self(&pipeline->self, pipeline->who, sizeof pipeline->who);
  lock_show(options->lock, pipeline->operations, pipeline_now());
  return pipeline;
}

void pipeline_actions_set(struct pipeline *pipeline, const struct action *const *list) {
  assert(pipeline->operations->count == 0 && !pipeline->operations->menu);
  free(pipeline->specs);
  pipeline->actions = list;
  specs_make(pipeline);
  pipeline->operations->specs = pipeline->specs;
}

void pipeline_pause(struct pipeline *pipeline, bool paused) {
  pipeline->paused = paused;
}

/* ---- requests */

static struct operation *operation_find(const struct pipeline *pipeline, uint32_t id) {
  const struct operations *operations = pipeline->operations;
  for (size_t i = 0; i < operations->count; i++)
    if (operations->items[i]->id == id)
      return operations->items[i];
  return NULL;
}

static void dismiss(struct pipeline *pipeline, struct operation *operation) {
  if (!is_begun(operation)) {
    run_drop_step(run_of(operation));
    run_remove(run_of(operation));
  } else if (pipeline->operations->front == operation) { /* it continues in the background */
    pipeline->operations->front = NULL;
  }
  pipeline_changed(pipeline);
}

static void bring_to_front(struct pipeline *pipeline, uint32_t id) {
  struct operation *operation = operation_find(pipeline, id);
  if (!operation || operation == pipeline->operations->front)
    return;
  front_give_up(pipeline);
  pipeline->operations->front = operation;
  pipeline_changed(pipeline);
}

static void copy_subject(struct operation *operation, const struct subject *subject) {
  operation->table = subject->table ? mem_dup(subject->table) : NULL;
  operation->hidden = subject->hidden;
  operation->keys = mem_new((subject->key_count + 1) * sizeof *operation->keys);
  for (size_t i = 0; i < subject->key_count; i++)
    operation->keys[operation->key_count++] = mem_dup(subject->keys[i]);
}

/* Copies the parameters that the row of the action's context defines into texts, one per parameter.
 * A given value that differs is an error, not ignored. */
static bool context_preset(const struct pipeline *pipeline, const struct action *action,
                           const struct subject *subject, char **texts, struct err *err) {
  const char *context = action->spec.context;
  if (!context || !subject->table || strcmp(context, subject->table) != 0 ||
      subject->key_count == 0)
    return true;
  const struct table *table = model_table(pipeline->options.model, subject->target_index, context);
  const struct row *row = table ? table_find(table, subject->keys[0]) : NULL;
  if (!row)
    return err_set(err, ERR_INVALID, "%s no longer exists", subject->keys[0]);
  for (size_t i = 0; i < action->spec.param_count; i++) {
    char text[ACTION_PRESET_MAX];
    if (!action->preset(row, i, text, sizeof text))
      continue;
    if (texts[i] && strcmp(texts[i], text) != 0)
      return err_set(err, ERR_INVALID, "%s=%.40s does not match the row %.60s",
                     action->spec.params[i].name, texts[i], row->key);
    free(texts[i]);
    texts[i] = mem_dup(text);
  }
  return true;
}

/* The rows of the action's context are the choice. */
static bool context_choose(const struct pipeline *pipeline, const struct action *action,
                           const struct subject *subject, struct operation *operation,
                           struct err *err) {
  const char *context = action->spec.context;
  if (action->spec.choice == CHOICE_NONE || !context || !subject->table ||
      strcmp(context, subject->table) != 0)
    return true;
  const struct table *table = model_table(pipeline->options.model, subject->target_index, context);
  operation->chosen = mem_new((subject->key_count + 1) * sizeof *operation->chosen);
  for (size_t i = 0; i < subject->key_count; i++) {
    char text[ACTION_PRESET_MAX];
    const struct row *row = table ? table_find(table, subject->keys[i]) : NULL;
    if (!row)
      return err_set(err, ERR_INVALID, "%s no longer exists", subject->keys[i]);
    if (!action->preset(row, action->spec.param_count, text, sizeof text))
      return err_set(err, ERR_INVALID, "not for %.200s",
                     row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key);
    operation->chosen[operation->chosen_count++] = mem_dup(text);
  }
  return true;
}

static void act(struct pipeline *pipeline, const struct action_spec *spec,
                const struct subject *subject) {
  const struct action *action = spec ? pipeline_action(pipeline, spec->id) : NULL;
  struct err err = {0}, why = {0};
  if (!action || subject->target_index >= pipeline->options.model->target_count)
    return;
  bool may = action_may(pipeline, action, subject, &why);
  struct run *run = run_new(pipeline, action, subject->target_index, &err);
  struct subject own = *subject;
  if (run && may && spec->picks && own.table && strcmp(spec->picks, own.table) == 0)
    run_pick(run, own.keys, own.key_count);
  if (run && may)
    may = context_preset(pipeline, action, subject, run->operation.texts, &why) &&
          context_choose(pipeline, action, subject, &run->operation, &why);
  if (!action->spec.table && own.table) { /* the row is only where the cursor was */
    own.table = NULL;
    own.key_count = own.hidden = 0;
  }
  if (run)
    copy_subject(&run->operation, &own);
  menu_close(pipeline); /* not earlier: the subject may belong to the menu */
  if (!run)
    pipeline_warn(pipeline, pipeline->options.model->targets[own.target_index].target->name,
                  err.text);
  else if (may)
    run_begin(run);
  else
    run_fail(run, &why);
}

static void undo(struct pipeline *pipeline) {
  const struct operation *front = pipeline->operations->front;
  const char *line =
      front && front->began && front->outcome.undo ? front->outcome.undo : pipeline->undo;
  struct err err = {0};
  size_t count = 0;
  char **words = line ? words_split(line, &count, &err) : NULL;
  if (!line)
    err_set(&err, ERR_INVALID, "this session has no action that can be undone");
  struct operation *operation =
      words ? pipeline_begin(pipeline, count, (const char *const *)words, false, &err) : NULL;
  free(words);
  if (operation)
    run_of(operation)->undoing = true;
  else
    pipeline_warn(pipeline, "undo", err.text);
}

static void agree(struct pipeline *pipeline, struct operation *operation, const char *typed) {
  struct err err = {0};
  if (operation->phase != OPERATION_PLAN) /* entered twice, or too late */
    return;
  if (run_agree(run_of(operation), typed ? typed : "", &err))
    return;
  operation->err = err;
  pipeline_changed(pipeline);
}

static void front_request(struct pipeline *pipeline, const struct request *request) {
  struct operation *front = pipeline->operations->front;
  if ((request->kind == REQUEST_CANCEL || request->kind == REQUEST_DISMISS) && request->operation)
    front = operation_find(pipeline, request->operation);
  if (!front)
    return;
  struct run *run = run_of(front);
  switch (request->kind) {
  case REQUEST_FORM:
    run_form(run, request->texts, request->text_count);
    break;
  case REQUEST_CHOOSE:
    run_choose(run, request->texts, request->text_count);
    break;
  case REQUEST_AGREE:
    agree(pipeline, front, request->text);
    break;
  case REQUEST_REPLAN:
    run_replan(run);
    break;
  case REQUEST_CANCEL:
    run_cancel(run);
    break;
  default:
    dismiss(pipeline, front);
    break;
  }
}

void pipeline_request(struct pipeline *pipeline, const struct request *request) {
  lock_touch(pipeline->options.lock, pipeline_now());
  switch (request->kind) {
  case REQUEST_MENU:
    menu_open(pipeline, &request->subject);
    break;
  case REQUEST_MENU_CLOSE:
    menu_close(pipeline);
    break;
  case REQUEST_ACT:
    act(pipeline, request->action, &request->subject);
    break;
  case REQUEST_FRONT:
    bring_to_front(pipeline, request->operation);
    break;
  case REQUEST_UNDO:
    undo(pipeline);
    break;
  case REQUEST_FORM:
  case REQUEST_CHOOSE:
  case REQUEST_AGREE:
  case REQUEST_REPLAN:
  case REQUEST_CANCEL:
  case REQUEST_DISMISS:
    front_request(pipeline, request);
    break;
  default:
    break;
  }
}

/* ---- by words */

static bool words_subject(struct pipeline *pipeline, const struct words *words, bool dry,
                          struct run **run, struct err *err) {
  char **keys = NULL;
  size_t count = 0;
  const struct action_spec *spec = &words->action->spec;
  if (!target_state_is_fresh(pipeline, words->target_index, pipeline_now(), err) ||
      !words_rows(words, pipeline->options.model, &keys, &count, err))
    return false;
  struct subject subject = {.target_index = words->target_index,
                            .table = spec->table ? spec->table : spec->context,
                            .keys = (const char *const *)keys,
                            .key_count = count};
  bool good = context_preset(pipeline, words->action, &subject, words->texts, err) &&
              (dry || spec->danger == DANGER_NONE ||
               lock_allows(pipeline->options.lock,
                           pipeline->options.model->targets[words->target_index].target,
                           pipeline_now(), err)) &&
              (*run = run_new(pipeline, words->action, words->target_index, err));
  if (!spec->table) {
    subject.table = NULL;
    subject.key_count = action_takes_targets(spec) ? count : 0;
  }
  if (good)
    copy_subject(&(*run)->operation, &subject);
  words_keys_free(keys, count);
  return good;
}

/* For an unknown action, words_parse suggests the nearest name. */
static bool words_read(struct pipeline *pipeline, struct words *words, size_t count,
                       const char *const *argv, struct err *err) {
  const struct model *model = pipeline->options.model;
  const struct action *action = count > 0 ? pipeline_action(pipeline, argv[0]) : NULL;
  return action ? words_parse_rest(words, action, count - 1, argv + 1, model, err)
                : words_parse(words, pipeline->actions, count, argv, model, err);
}

struct operation *pipeline_begin(struct pipeline *pipeline, size_t count, const char *const *argv,
                                 bool dry, struct err *err) {
  struct words words;
  struct run *run = NULL;
  if (!words_read(pipeline, &words, count, argv, err))
    return NULL;
  if (!words_subject(pipeline, &words, dry, &run, err)) {
    words_fini(&words);
    return NULL;
  }
  menu_close(pipeline);
  run->dry = dry;
  run->words = words;
  run->has_words = true;
  run_begin(run);
  return &run->operation;
}

struct operation *pipeline_adopt(struct pipeline *pipeline, struct plan *plan,
                                 size_t target_index) {
  struct err err;
  const struct target *target = pipeline->options.model->targets[target_index].target;
  const struct action *action = pipeline_action(pipeline, plan->action->id);
  if (!action || strcmp(plan->kind, target->kind->kind) != 0 ||
      strcmp(plan->target, target->name) != 0)
    return NULL;
  struct run *run = run_new(pipeline, action, target_index, &err);
  if (!run)
    return NULL;
  run->adopted = true;
  run->operation.plan = plan;
  run->planned_ms = pipeline_now();
  run_phase(run, OPERATION_PLAN);
  return &run->operation;
}

bool pipeline_agree(struct pipeline *pipeline, struct operation *operation, const char *typed,
                    struct err *err) {
  (void)pipeline;
  return run_agree(run_of(operation), typed, err);
}

void pipeline_close(struct pipeline *pipeline, void (*closed)(void *arg), void *arg) {
  pipeline->closed = closed;
  pipeline->closed_arg = arg;
  pipeline->runs++; /* hold one, so that it does not end below */
  menu_close(pipeline);
  while (pipeline->operations->count > 0) {
    struct run *run = run_of(pipeline->operations->items[0]);
    run_abandon(run);
    run_remove(run);
  }
  pipeline->runs--;
  pipeline_finish(pipeline);
}
