#include "app/check.h"

#include "app/print.h"
#include "app/startup.h"
#include "io/clock.h"
#include "report/json.h"
#include "report/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check {
  struct runtime *runtime;
  struct model model;
};

/* KIND, KIND:NAME; KIND as in JSON or as the configuration's list is called. */
static bool target_matches(const struct target *target, const char *only) {
  size_t len = strcspn(only, ":");
  const struct target_kind *kind = target->kind;
  bool same_kind = (strlen(kind->kind) == len && strncmp(kind->kind, only, len) == 0) ||
                   (strlen(kind->key) == len && strncmp(kind->key, only, len) == 0);
  return same_kind && (only[len] == '\0' || strcmp(only + len + 1, target->name) == 0);
}

/* Keeps what --only names. False, having said so, when that is nothing. */
static bool targets_select(struct config *config, const char *only) {
  size_t kept = 0;
  for (size_t i = 0; i < config->target_count; i++) {
    if (target_matches(config->targets[i], only))
      config->targets[kept++] = config->targets[i];
    else
      target_free(config->targets[i]);
  }
  config->target_count = kept;
  if (kept)
    return true;
  error_print("--only %s: there is no such target (`stacktop config` lists them)", only);
  return false;
}

static void on_changed(void *arg) {
  (void)arg;
}

static void on_finished(void *arg) {
  struct check *check = arg;
  uv_stop(&check->runtime->loop);
}

static bool report_write(const struct model *model, const struct options *options, int64_t now_ms) {
  struct report_text_options text = print_options(options);
  return print_end(options->json ? report_json_write(stdout, model, now_ms)
                                 : report_text_write(stdout, model, now_ms, &text));
}

/* A report that nobody can read makes no verdict better: what is bad stays so, and OK was not said.
 */
static int check_report(struct check *check, const struct options *options) {
  int64_t now_ms = clock_now_ms();
  check->model.wall_offset_ms = clock_wall_offset_ms();
  model_evaluate(&check->model, now_ms, true);
  const enum severity verdict = model_severity(&check->model, now_ms);
  const bool written = report_write(&check->model, options, now_ms);
  return severity_exit(written ? verdict : severity_worse(verdict, SEVERITY_UNKNOWN));
}

int check_run(struct runtime *runtime, struct config *config, const struct options *options) {
  if (options->only && !targets_select(config, options->only)) {
    config_free(config);
    if (!runtime_close(runtime, NULL))
      _exit(EXIT_USAGE_BAD);
    return EXIT_USAGE_BAD;
  }
  for (size_t i = 0; options->timeout_ms && i < config->target_count; i++)
    config->targets[i]->timeout_ms = options->timeout_ms;
  struct check check = {.runtime = runtime};
  model_init(&check.model, config);
  model_ask_once(&check.model);
  struct scheduler_hooks hooks = {.arg = &check, .changed = on_changed, .finished = on_finished};
  struct scheduler *scheduler = scheduler_new(&runtime->io, &check.model, true, hooks);
  scheduler_start(scheduler);
  uv_run(&runtime->loop, UV_RUN_DEFAULT);
  int status = check_report(&check, options);
  if (!runtime_close(runtime, scheduler)) {
    fflush(NULL);
    _exit(status); /* what still hangs may use the model's targets: it is left as it is */
  }
  model_fini(&check.model);
  config_free(config);
  return status;
}
