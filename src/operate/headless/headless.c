#include "operate/headless/headless.h"

#include "operate/state.h"

#include <stdlib.h>

/* ---- hooks */

static void on_news(void *arg) {
  struct headless *headless = arg;
  if (headless->news)
    headless->news(headless->news_arg);
  uv_stop(headless->io->loop);
}

static void on_collect(void *arg, size_t target_index) {
  (void)arg; /* without a screen there are no frames to request */
  (void)target_index;
}

static void on_look(void *arg, size_t target_index) {
  const struct headless *headless = arg;
  (void)target_index; /* there is only one */
  headless->look(headless->collect_arg);
}

/* ---- from the beginning to the end */

static void target_keep(struct config *config, const struct target *target) {
  for (size_t i = 0; i < config->target_count; i++)
    if (config->targets[i] == target)
      config->targets[0] = config->targets[i];
  config->target_count = 1;
}

void headless_open(struct headless *headless, const struct headless_options *options) {
  *headless = (struct headless){.io = options->io,
                                .config = options->config,
                                .state = options->state,
                                .actions = options->actions,
                                .collect = options->collect,
                                .look = options->look,
                                .collect_arg = options->arg};
  target_keep(headless->config, options->target);
  model_init(&headless->model, headless->config);
  model_ask_once(&headless->model);
  lock_init(&headless->lock, headless->config, options->read_only, false);
  char *path = state_audit_path(headless->state);
  const struct audit_options audit = {.path = path, .to_syslog = headless->config->audit_syslog};
  headless->audit = audit_new(headless->io, &audit);
  free(path);
  headless->pipeline = pipeline_new(&(struct pipeline_options){.io = headless->io,
                                                               .model = &headless->model,
                                                               .audit = headless->audit,
                                                               .lock = &headless->lock,
                                                               .state = headless->state,
                                                               .changed = on_news,
                                                               .collect = on_collect,
                                                               .look = on_look,
                                                               .actions = headless->actions,
                                                               .arg = headless});
}

void headless_wait(struct headless *headless, bool (*done)(void *arg), void *arg) {
  while (!done(arg))
    if (uv_run(headless->io->loop, UV_RUN_DEFAULT) == 0 && !done(arg))
      break; /* no handle is left that could wake the loop */
}

static void on_audit_closed(void *arg) {
  struct headless *headless = arg;
  headless->audit = NULL;
  uv_stop(headless->io->loop);
}

static void on_pipeline_closed(void *arg) {
  struct headless *headless = arg;
  headless->pipeline = NULL;
  uv_stop(headless->io->loop);
}

static bool is_closed(void *arg) {
  const struct headless *headless = arg;
  return !headless->audit && !headless->pipeline;
}

void headless_close(struct headless *headless) {
  headless->news = NULL;
  struct audit *audit = headless->audit;
  pipeline_close(headless->pipeline, on_pipeline_closed, headless);
  audit_close(audit, on_audit_closed,
              headless); /* its completion reports what a hung disk does not */
  headless_wait(headless, is_closed, headless);
}

void headless_fini(struct headless *headless) {
  model_fini(&headless->model);
  config_free(headless->config);
  free(headless->state);
}
