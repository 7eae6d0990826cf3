#include "app/modes/remedy.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *remedy_state(const struct config *config, struct err *err) {
  char *state = config->state ? mem_dup(config->state) : state_folder();
  if (!state)
    err_set(err, ERR_INVALID,
            "no place for plans and the audit is known: HOME is not set; `state` in the "
            "configuration tells one");
  return state;
}

char *remedy_audit_path(const char *state) {
  return mem_printf("%s/audit.jsonl", state);
}

/* ---- hooks */

static void on_news(void *arg) {
  struct remedy *remedy = arg;
  if (remedy->news)
    remedy->news(remedy->arg);
  uv_stop(&remedy->runtime->loop);
}

static void on_slot(void *arg) {
  (void)arg;
}

static void on_asked(void *arg) {
  struct remedy *remedy = arg;
  remedy->asked = true;
  uv_stop(&remedy->runtime->loop);
}

static void on_collect(void *arg, size_t slot) {
  (void)arg; /* nobody looks at it afterwards */
  (void)slot;
}

/* ---- from the beginning to the end */

static void target_keep(struct config *config, const struct target *target) {
  for (size_t i = 0; i < config->target_count; i++) {
    if (config->targets[i] == target)
      config->targets[0] = config->targets[i];
    else
      target_free(config->targets[i]);
  }
  config->target_count = 1;
}

void remedy_open(struct remedy *remedy, struct runtime *runtime, struct config *config, char *state,
                 const struct target *target, bool read_only) {
  *remedy = (struct remedy){.runtime = runtime, .config = config, .state = state};
  target_keep(config, target);
  model_init(&remedy->model, config);
  model_ask_once(&remedy->model);
  lock_init(&remedy->lock, config, read_only, false);
  char *path = remedy_audit_path(state);
  const struct audit_options audit = {.path = path, .to_syslog = config->audit_syslog};
  remedy->audit = audit_new(&runtime->io, &audit);
  free(path);
  const struct pipeline_options options = {.io = &runtime->io,
                                           .model = &remedy->model,
                                           .audit = remedy->audit,
                                           .lock = &remedy->lock,
                                           .state = state,
                                           .changed = on_news,
                                           .collect = on_collect,
                                           .arg = remedy};
  remedy->pipeline = pipeline_new(&options);
}

static bool is_asked(void *arg) {
  return ((struct remedy *)arg)->asked;
}

void remedy_collect(struct remedy *remedy) {
  struct scheduler_hooks hooks = {.arg = remedy, .changed = on_slot, .finished = on_asked};
  remedy->scheduler = scheduler_new(&remedy->runtime->io, &remedy->model, true, hooks);
  scheduler_start(remedy->scheduler);
  remedy_wait(remedy, is_asked, remedy);
}

void remedy_wait(struct remedy *remedy, bool (*done)(void *arg), void *arg) {
  while (!done(arg))
    if (uv_run(&remedy->runtime->loop, UV_RUN_DEFAULT) == 0 && !done(arg))
      break; /* nothing is left that could come */
}

static void on_audit_closed(void *arg) {
  struct remedy *remedy = arg;
  remedy->audit = NULL;
  uv_stop(&remedy->runtime->loop);
}

static void on_pipeline_closed(void *arg) {
  struct remedy *remedy = arg;
  remedy->pipeline = NULL;
  uv_stop(&remedy->runtime->loop);
}

static bool is_closed(void *arg) {
  const struct remedy *remedy = arg;
  return !remedy->audit && !remedy->pipeline;
}

int remedy_close(struct remedy *remedy, int status) {
  remedy->news = NULL;
  struct audit *audit = remedy->audit;
  pipeline_close(remedy->pipeline, on_pipeline_closed, remedy);
  audit_close(audit, on_audit_closed, remedy); /* it tells what a hung disk does not */
  remedy_wait(remedy, is_closed, remedy);
  if (!runtime_close(remedy->runtime, remedy->scheduler)) {
    fflush(NULL);
    _exit(status); /* what still hangs may use the model's targets: it is left as it is */
  }
  model_fini(&remedy->model);
  config_free(remedy->config);
  free(remedy->state);
  return status;
}
