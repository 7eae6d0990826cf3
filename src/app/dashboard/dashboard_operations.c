#include "app/dashboard/dashboard_operations.h"

#include "io/clock.h"
#include "operate/command/sentence.h"
#include "operate/state.h"

#include <stdlib.h>
#include <string.h>

static void on_changed(void *arg) {
  struct dashboard_operations *own = arg;
  own->hooks.changed(own->hooks.arg);
}

static void on_opened(void *arg) {
  struct dashboard_operations *own = arg;
  own->hooks.opened(own->hooks.arg);
}

static void on_collect(void *arg, size_t target_index) {
  struct dashboard_operations *own = arg;
  scheduler_collect_slot(own->scheduler, target_index);
}

/* An action of another process on this host with the same audit log, or one with an unknown
 * outcome. */
static void on_seen(void *arg, const struct audit_record *record, bool unknown) {
  struct dashboard_operations *own = arg;
  char text[SENTENCE_MAX];
  const bool outcome = record->event == AUDIT_OUTCOME;
  const enum severity severity = unknown                           ? SEVERITY_CRIT
                                 : record->event == AUDIT_UNLOCKED ? SEVERITY_WARN
                                 : outcome ? sentence_severity(record->result ? record->result : "")
                                           : SEVERITY_OK;
  events_add(&own->model->events, clock_now_ms(), severity, record->target ? record->target : "?",
             "%s", sentence_record(text, sizeof text, record, unknown));
  events_mark_action(&own->model->events);
  own->model->generation++;
  on_changed(own);
}

void dashboard_operations_open(struct dashboard_operations *own, struct io *io, struct model *model,
                               struct scheduler *scheduler, const struct options *options,
                               const struct dashboard_operations_hooks *hooks) {
  const struct config *config = model->config;
  struct err err; /* without a state directory, the first record fails with the reason */
  *own = (struct dashboard_operations){
      .model = model, .scheduler = scheduler, .state = state_choose(config, &err), .hooks = *hooks};
  action_list_init(&own->actions, config);
  char *path = own->state ? state_audit_path(own->state) : NULL;
  lock_init(&own->lock, config, options->read_only, options->wall);
  own->audit =
      audit_new(io, &(struct audit_options){.path = path, .to_syslog = config->audit_syslog});
  free(path);
  own->pipeline = pipeline_new(&(struct pipeline_options){.io = io,
                                                          .model = model,
                                                          .audit = own->audit,
                                                          .lock = &own->lock,
                                                          .state = own->state,
                                                          .changed = on_changed,
                                                          .opened = on_opened,
                                                          .collect = on_collect,
                                                          .look = on_collect,
                                                          .actions = own->actions.actions,
                                                          .arg = own});
  own->commands = (struct command_context){.model = model,
                                           .lock = &own->lock,
                                           .pipeline = own->pipeline,
                                           .quit = hooks->quit,
                                           .reload = hooks->reload,
                                           .incident = hooks->incident,
                                           .say = hooks->say,
                                           .wrong = hooks->wrong,
                                           .arg = hooks->arg};
  audit_follow(own->audit, on_seen, own);
}

void dashboard_operations_rebase(struct dashboard_operations *own, const struct options *options) {
  const struct config *config = own->model->config;
  const int64_t open_until_ms = own->lock.open_until_ms;
  struct action_list old = own->actions;
  action_list_init(&own->actions, config);
  pipeline_actions_set(own->pipeline, own->actions.actions);
  action_list_fini(&old);
  lock_init(&own->lock, config, options->read_only, options->wall);
  own->lock.open_until_ms = open_until_ms;
  dashboard_operations_refresh(own, clock_now_ms());
}

bool dashboard_operations_request(struct dashboard_operations *own, const struct request *request) {
  if (request->kind == REQUEST_COMMAND)
    command_run(&own->commands, request->text ? request->text : "");
  else if (request->kind >= REQUEST_MENU && request->kind <= REQUEST_UNDO)
    pipeline_request(own->pipeline, request);
  else
    return false;
  dashboard_operations_refresh(own, clock_now_ms());
  return true;
}

void dashboard_operations_pause(struct dashboard_operations *own, bool paused) {
  pipeline_pause(own->pipeline, paused);
}

int64_t dashboard_operations_refresh(struct dashboard_operations *own, int64_t now_ms) {
  struct operations *operations = &own->model->operations;
  const enum lock_state before = operations->lock;
  if (lock_show(&own->lock, operations, now_ms))
    own->model->generation++;
  if (before == LOCK_UNLOCKED && operations->lock == LOCK_READ_ONLY && own->lock.open_until_ms) {
    events_add(&own->model->events, now_ms, SEVERITY_OK, "stacktop",
               "read-only again after %d minutes without an action", LOCK_IDLE_MS / 60000);
    events_mark_action(&own->model->events);
  }
  if (before == LOCK_UNLOCKED && operations->lock == LOCK_READ_ONLY && own->lock.open_until_ms)
    pipeline_record_lock(own->pipeline, true);
  return operations->lock == LOCK_UNLOCKED ? operations->lock_ms : INT64_MAX;
}

static void on_closed(struct dashboard_operations *own) {
  if (own->audit || own->pipeline)
    return;
  own->model->operations.specs = NULL; /* nothing is drawn any more */
  action_list_fini(&own->actions);
  free(own->state);
}

static void on_audit_closed(void *arg) {
  struct dashboard_operations *own = arg;
  own->audit = NULL;
  on_closed(own);
}

static void on_pipeline_closed(void *arg) {
  struct dashboard_operations *own = arg;
  own->pipeline = NULL;
  on_closed(own);
}

/* Both at once: the pipeline waits for its records, and if the disk hangs only the closing audit
 * reports that they failed. */
void dashboard_operations_close(struct dashboard_operations *own) {
  struct audit *audit = own->audit;
  pipeline_close(own->pipeline, on_pipeline_closed, own);
  audit_close(audit, on_audit_closed, own);
}
