#include "app/modes/check.h"

#include "app/alarm/alarm_now.h"
#include "app/modes/status_mode.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/file/file_save.h"
#include "model/judge/model_evaluate.h"
#include "report/json/json.h"
#include "report/openmetrics/openmetrics.h"
#include "report/plugin.h"
#include "report/text/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check {
  struct runtime *runtime;
  struct alarm_marks marks;
  struct model model;
  int64_t duration_ms; /* 0: one collection */
  bool over;           /* the duration is over; only first results are still awaited */
};

/* KIND, KIND:NAME; KIND as in JSON or as the configuration's list is called. */
static bool target_matches_one(const struct target *target, const char *only, size_t size) {
  const char *colon = memchr(only, ':', size);
  const size_t len = colon ? (size_t)(colon - only) : size;
  const struct target_kind *kind = target->kind;
  bool same_kind = (strlen(kind->kind) == len && strncmp(kind->kind, only, len) == 0) ||
                   (strlen(kind->key) == len && strncmp(kind->key, only, len) == 0);
  if (!same_kind || !colon)
    return same_kind;
  return strlen(target->name) == size - len - 1 &&
         strncmp(colon + 1, target->name, size - len - 1) == 0;
}

/* One of those, which commas separate. A name may have commas itself: then it is the only one. */
static bool target_matches(const struct target *target, const char *only) {
  if (target_matches_one(target, only, strlen(only)))
    return true;
  for (;;) {
    const size_t size = strcspn(only, ",");
    if (target_matches_one(target, only, size))
      return true;
    if (!only[size])
      return false;
    only += size + 1;
  }
}

/* Keeps the targets that --only names; false if there is none. */
static bool targets_select(struct config *config, const char *only) {
  size_t kept = 0;
  for (size_t i = 0; i < config->target_count; i++)
    if (target_matches(config->targets[i], only))
      config->targets[kept++] = config->targets[i];
  config->target_count = kept;
  return kept > 0;
}

/* A rate needs two collections within the duration. */
static void targets_hurry(struct config *config, int64_t duration_ms) {
  for (size_t i = 0; i < config->target_count; i++)
    if (config->targets[i]->interval_ms > duration_ms / 2)
      config->targets[i]->interval_ms = duration_ms / 2;
}

static bool has_heard_all(const struct check *check) {
  for (size_t i = 0; i < check->model.target_count; i++)
    if (target_state_condition(&check->model.targets[i], clock_now_ms()) == TARGET_WAITING)
      return false;
  return true;
}

/* A `for` duration needs an evaluation after each collection. */
static void on_changed(void *arg) {
  struct check *check = arg;
  if (check->duration_ms == 0)
    return;
  model_evaluate(&check->model, clock_now_ms(), false);
  if (check->over && has_heard_all(check))
    uv_stop(&check->runtime->loop);
}

static void on_finished(void *arg) {
  struct check *check = arg;
  uv_stop(&check->runtime->loop);
}

/* A target without a result still has until its deadline. */
static void on_over(uv_timer_t *timer) {
  struct check *check = timer->data;
  check->over = true;
  if (has_heard_all(check))
    uv_stop(timer->loop);
}

static void check_collect(struct check *check, struct scheduler *scheduler) {
  uv_timer_t end;
  uv_timer_init(&check->runtime->loop, &end);
  end.data = check;
  if (check->duration_ms > 0)
    uv_timer_start(&end, on_over, (uint64_t)check->duration_ms, 0);
  scheduler_start(scheduler);
  uv_run(&check->runtime->loop, UV_RUN_DEFAULT);
  uv_close((uv_handle_t *)&end, NULL);
  uv_run(&check->runtime->loop, UV_RUN_NOWAIT); /* it is this function's */
}

/* For node_exporter, which runs as another user. */
enum { METRICS_MODE = 0644 };

static bool metrics_save(const struct model *model, const char *path, int64_t now_ms) {
  char *text = NULL;
  size_t length = 0;
  struct err err;
  FILE *out = open_memstream(&text, &length);
  if (!out)
    mem_failed();
  bool good = report_openmetrics_write(out, model, now_ms);
  if (fclose(out) != 0 || !good)
    mem_failed();
  good = file_replace(path, text, length, METRICS_MODE, &err);
  if (!good)
    error_print("cannot write %s", err.text);
  free(text);
  return good;
}

static bool report_write(const struct model *model, const struct options *options, int64_t now_ms) {
  struct report_text_options text = print_options(options);
  if (options->mode == MODE_STATUS)
    return print_end(status_print(model, now_ms, options));
  if (options->output_file)
    return metrics_save(model, options->output_file, now_ms);
  if (options->openmetrics)
    return print_end(report_openmetrics_write(stdout, model, now_ms));
  if (options->plugin)
    return print_end(report_plugin_write(stdout, model, now_ms, &text));
  return print_end(options->json ? report_json_write(stdout, model, now_ms)
                                 : report_text_write(stdout, model, now_ms, &text));
}

/* A report that cannot be written does not improve the status: OK becomes UNKNOWN, any other status
 * is kept. A reader that has closed the output (`| head`) has what it wanted. */
static int check_report(struct check *check, const struct options *options) {
  int64_t now_ms = clock_now_ms();
  check->model.wall_offset_ms = clock_wall_offset_ms();
  model_evaluate(&check->model, now_ms, check->duration_ms == 0);
  const enum severity verdict = model_severity(&check->model, now_ms);
  const bool written =
      report_write(&check->model, options, now_ms) || (!options->plugin && print_is_closed());
  return severity_exit(written ? verdict : severity_worse(verdict, SEVERITY_UNKNOWN));
}

static int only_refuse(struct runtime *runtime, struct config *config,
                       const struct options *options) {
  struct err err;
  err_set(&err, ERR_INVALID, "--only %.100s: no such target (`stacktop config` lists them)",
          options->only);
  error_print("%s", err.text);
  if (options->plugin)
    (void)print_end(report_plugin_trouble(stdout, err.text));
  const int status = options->plugin ? severity_exit(SEVERITY_UNKNOWN) : EXIT_USAGE_BAD;
  config_free(config);
  if (!runtime_close(runtime, NULL))
    _exit(status);
  return status;
}

int check_run(struct runtime *runtime, struct config *config, const struct options *options) {
  if (options->only && !targets_select(config, options->only))
    return only_refuse(runtime, config, options);
  for (size_t i = 0; options->timeout_ms && i < config->target_count; i++)
    config->targets[i]->timeout_ms = options->timeout_ms;
  struct check check = {.runtime = runtime, .duration_ms = options->duration_ms};
  const bool one_pass = check.duration_ms == 0;
  if (!one_pass)
    targets_hurry(config, check.duration_ms);
  model_init(&check.model, config);
  alarm_now_read(config, &check.marks);
  check.model.alarm_marks = &check.marks;
  check.model.leaves_out_quiet = options->acknowledged;
  check.model.wants_all_judged = true;
  check.model.watch_ms = check.duration_ms;
  if (one_pass)
    model_ask_once(&check.model);
  struct scheduler_hooks hooks = {.arg = &check, .changed = on_changed, .finished = on_finished};
  struct scheduler *scheduler = scheduler_new(&runtime->io, &check.model, one_pass, hooks);
  check_collect(&check, scheduler);
  int status = check_report(&check, options);
  alarm_marks_fini(&check.marks);
  if (!runtime_close(runtime, scheduler)) {
    fflush(NULL);
    _exit(status); /* threads that still hang may use the model's targets, so these are not freed */
  }
  model_fini(&check.model);
  config_free(config);
  return status;
}
