/* What an operation adds to the audit and to the events. */
#include "core/mem.h"
#include "io/clock.h"
#include "operate/command/sentence.h"
#include "operate/pipeline/pipeline_output.h"
#include "operate/pipeline/pipeline_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plan_copy_lines {
  char **items;
  size_t count;
};

static void collect_line(void *arg, enum plan_part part, bool strong, const char *text) {
  (void)part;
  (void)strong;
  struct plan_copy_lines *lines = arg;
  lines->items = mem_resize(lines->items, (lines->count + 1) * sizeof *lines->items);
  lines->items[lines->count++] = mem_dup(text);
}

static struct audit_object *objects_of(const struct operation *operation, enum audit_event event) {
  const struct plan *plan = operation->plan;
  struct audit_object *objects = mem_new((plan->object_count + 1) * sizeof *objects);
  for (size_t i = 0; i < plan->object_count; i++) {
    objects[i] =
        (struct audit_object){.key = plan->objects[i].key, .label = plan->objects[i].label};
    if (event == AUDIT_OUTCOME) {
      const struct object_outcome *object = &operation->outcome.objects[i];
      objects[i].result = object_result_name(object->result);
      objects[i].words = object->words;
      objects[i].amount = object->amount;
    }
  }
  return objects;
}

static void record_outcome(const struct run *run, struct audit_record *record) {
  const struct operation *operation = &run->operation;
  record->result = outcome_word(&operation->outcome);
  record->proof = operation->outcome.proof;
  record->undo = operation->outcome.undo;
  record->error = *operation->err.text ? operation->err.text : NULL;
  record->execute_ms = operation->execute_ms;
  record->verify_ms = operation->verify_ms;
}

void run_record(struct run *run, enum audit_event event, audit_done done) {
  const struct operation *operation = &run->operation;
  const struct plan *plan = operation->plan;
  const struct config *config = run->pipeline->options.model->config;
  struct plan_copy_lines lines = {0};
  struct audit_object *objects = objects_of(operation, event);
  struct output *outputs = NULL;
  size_t output_count = 0;
  struct audit_record record = {
      .event = event,
      .id = operation->audit_id,
      .at_ms = clock_wall_ms(),
      .who = run->pipeline->self,
      .platform = config->name,
      .environment = config->environment,
      .kind = plan->kind,
      .target = plan->target,
      .address = plan->address,
      .action = run->action->spec.id,
      .title = plan->title,
      .danger = danger_name(run->action->spec.danger),
      .hash = plan->hash,
      .params = plan->params,
      .param_count = plan->param_count,
      .objects = objects,
      .object_count = plan->object_count,
      .count = plan->count,
      .unit = plan->unit,
      .plan_ms = run->planned_ms - run->begun_ms,
      .wait_ms = run->agreed_ms - run->planned_ms,
  };
  if (event == AUDIT_INTENT) {
    plan_lines(plan, collect_line, &lines);
    record.plan = (const char *const *)lines.items;
    record.plan_count = lines.count;
    record.confirm = run->phrase;
  } else {
    record_outcome(run, &record);
    outputs = record_outputs(&operation->outcome, &output_count);
    record.outputs = outputs;
    record.output_count = output_count;
  }
  audit_append(run->pipeline->options.audit, &record, done, run);
  run_free_texts(lines.items, lines.count);
  record_outputs_free(outputs, output_count);
  free(objects);
}

void run_tell(struct run *run, const struct err *unrecorded) {
  const struct operation *operation = &run->operation;
  char text[SENTENCE_MAX];
  struct events *events = &run->pipeline->options.model->events;
  const int64_t now_ms = pipeline_now();
  sentence_outcome(text, sizeof text, operation->plan, &operation->outcome, operation->err.text);
  events_add(events, now_ms, sentence_severity(outcome_word(&operation->outcome)),
             run->target->name, "%s", text);
  events_mark_action(events);
  if (unrecorded)
    events_add(events, now_ms, SEVERITY_CRIT, run->target->name, "not recorded: %s: %s",
               operation->plan->title, unrecorded->text);
}

void run_tell_refused(struct run *run, const struct err *err) {
  events_add(&run->pipeline->options.model->events, pipeline_now(), SEVERITY_CRIT,
             run->target->name, "not started: %s: %s", run->operation.plan->title, err->text);
}

/* ---- outcomes that cannot be written yet */

static struct operation *operation_of_record(const struct pipeline *pipeline, const char *id) {
  for (size_t i = 0; i < pipeline->operations->count; i++)
    if (strcmp(pipeline->operations->items[i]->audit_id, id) == 0)
      return pipeline->operations->items[i];
  return NULL;
}

/* Without a screen, standard error reports what happened to the outcome. */
static void kept_end(struct pipeline *pipeline, const struct audit_kept *kept) {
  const bool written = kept->state == AUDIT_KEPT_WRITTEN;
  if (pipeline->closed && written)
    fprintf(stderr, "stacktop: %s: its outcome is now on disk\n", kept->title);
  else if (pipeline->closed)
    fprintf(stderr, "stacktop: %s: %s: `stacktop audit --unknown` lists %s\n", kept->title,
            kept->err->text, kept->id);
  else if (written)
    events_add(&pipeline->options.model->events, pipeline_now(), SEVERITY_OK, kept->target,
               "now recorded: %s", kept->title);
}

void pipeline_kept(void *arg, const struct audit_kept *kept) {
  struct pipeline *pipeline = arg;
  struct operation *operation = operation_of_record(pipeline, kept->id);
  if (operation && operation->phase == OPERATION_ENDED)
    operation->unrecorded = kept->err ? *kept->err : (struct err){0};
  if (kept->state != AUDIT_KEPT) {
    pipeline->runs--;
    pipeline->operations->unrecorded--;
    kept_end(pipeline, kept);
  } else if (kept->attempts == 1) { /* keeps the pipeline open until the result is known */
    pipeline->runs++;
    pipeline->operations->unrecorded++;
  }
  if (!pipeline->closed)
    pipeline_changed(pipeline);
  pipeline_finish(pipeline);
}
