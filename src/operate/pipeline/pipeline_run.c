#include "operate/pipeline/pipeline_run.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

int64_t pipeline_now(void) {
  return clock_now_ms();
}

void pipeline_changed(struct pipeline *pipeline) {
  pipeline->options.model->generation++;
  pipeline->options.changed(pipeline->options.arg);
}

const struct action *pipeline_action(const struct pipeline *pipeline, const char *id) {
  for (const struct action *const *each = pipeline->actions; *each; each++)
    if (strcmp((*each)->spec.id, id) == 0)
      return *each;
  return NULL;
}

void pipeline_warn(struct pipeline *pipeline, const char *subject, const char *text) {
  events_add(&pipeline->options.model->events, pipeline_now(), SEVERITY_WARN, subject, "%s", text);
  pipeline_changed(pipeline);
}

bool is_begun(const struct operation *operation) {
  return operation->phase >= OPERATION_INTENT && operation->phase < OPERATION_ENDED;
}

struct run *run_of(struct operation *operation) {
  return (struct run *)operation;
}

void run_free_texts(char **texts, size_t count) {
  for (size_t i = 0; texts && i < count; i++)
    free(texts[i]);
  free(texts);
}

static void operations_take_out(struct operations *operations, const struct operation *operation) {
  for (size_t i = 0; i < operations->count; i++) {
    if (operations->items[i] != operation)
      continue;
    memmove(&operations->items[i], &operations->items[i + 1],
            (operations->count - i - 1) * sizeof *operations->items);
    operations->count--;
    break;
  }
  if (operations->front == operation)
    operations->front = NULL;
}

void front_give_up(struct pipeline *pipeline) {
  struct operation *front = pipeline->operations->front;
  pipeline->operations->front = NULL;
  if (!front || is_begun(front))
    return;
  run_drop_step(run_of(front));
  run_remove(run_of(front));
}

/* Makes room for one more: removes the oldest that has ended. */
static bool operations_make_room(struct pipeline *pipeline) {
  struct operations *operations = pipeline->operations;
  for (size_t i = 0; operations->count == OPERATIONS_MAX && i < operations->count; i++)
    if (operations->items[i]->phase == OPERATION_ENDED)
      run_remove(run_of(operations->items[i]));
  return operations->count < OPERATIONS_MAX;
}

struct run *run_new(struct pipeline *pipeline, const struct action *action, size_t target_index,
                    struct err *err) {
  front_give_up(pipeline);
  if (!operations_make_room(pipeline)) {
    pipeline_changed(pipeline);
    err_set(err, ERR_LIMIT, "%d actions are in progress; wait until one has ended", OPERATIONS_MAX);
    return NULL;
  }
  struct run *run = mem_new(sizeof *run);
  run->pipeline = pipeline;
  run->action = action;
  run->target = pipeline->options.model->targets[target_index].target;
  run->values = mem_new((action->spec.param_count + 1) * sizeof *run->values);
  run->begun_ms = pipeline_now();
  uv_timer_init(pipeline->options.io->loop, &run->deadline);
  run->deadline.data = run;
  struct operation *operation = &run->operation;
  operation->id = ++pipeline->serial;
  operation->action = &action->spec;
  operation->target_index = target_index;
  operation->texts = mem_new((action->spec.param_count + 1) * sizeof *operation->texts);
  operation->param_wrong = -1;
  pipeline->operations->items[pipeline->operations->count++] = operation;
  pipeline->operations->front = operation;
  pipeline->runs++;
  run_phase(run, OPERATION_FORM);
  return run;
}

void run_phase(struct run *run, enum operation_phase phase) {
  struct operation *operation = &run->operation;
  const int64_t now_ms = pipeline_now(), took_ms = now_ms - operation->phase_ms;
  /* Done here, so that no way of ending a step, not even dropping it, keeps an older time. */
  if (operation->phase == OPERATION_EXECUTE)
    operation->execute_ms = took_ms;
  else if (operation->phase == OPERATION_VERIFY)
    operation->verify_ms = took_ms;
  operation->phase = phase;
  operation->phase_ms = now_ms;
  if (phase == OPERATION_PLAN && run->pipeline->options.opened)
    run->pipeline->options.opened(run->pipeline->options.arg);
  pipeline_changed(run->pipeline);
}

void run_fail(struct run *run, const struct err *err) {
  run->operation.err = *err;
  run_phase(run, OPERATION_ENDED);
}

static void on_closed(uv_handle_t *handle) {
  struct pipeline *pipeline = handle->data;
  void (*closed)(void *arg) = pipeline->closed;
  void *arg = pipeline->closed_arg;
  arena_fini(&pipeline->offers);
  *pipeline->operations = (struct operations){0};
  free(pipeline->undo);
  free(pipeline->specs);
  free(pipeline);
  closed(arg);
}

void pipeline_finish(struct pipeline *pipeline) {
  if (pipeline->closed && pipeline->runs == 0)
    uv_close((uv_handle_t *)&pipeline->closing, on_closed);
}

static void on_run_closed(uv_handle_t *handle) {
  struct run *run = handle->data;
  struct pipeline *pipeline = run->pipeline;
  struct operation *operation = &run->operation;
  size_t params = run->action->spec.param_count;
  if (run->has_words)
    words_fini(&run->words);
  for (size_t i = 0; i < params; i++)
    option_value_fini(&run->values[i]);
  free(run->values);
  run_free_texts(operation->texts, params);
  run_free_texts(operation->keys, operation->key_count);
  run_free_texts(operation->chosen, operation->chosen_count);
  free(operation->table);
  sample_free(operation->found);
  plan_free(operation->plan);
  if (operation->began)
    outcome_fini(&operation->outcome);
  free(run->phrase);
  free(run);
  pipeline->runs--;
  pipeline_finish(pipeline);
}

void run_remove(struct run *run) {
  operations_take_out(run->pipeline->operations, &run->operation);
  run->ending = true;
  if (run->step || run->recording || uv_is_closing((uv_handle_t *)&run->deadline))
    return; /* freed when that is over */
  uv_close((uv_handle_t *)&run->deadline, on_run_closed);
}
