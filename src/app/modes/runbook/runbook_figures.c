#include "app/modes/runbook/runbook_figures.h"

#include "collectors/lookup.h"
#include "core/mem.h"
#include "io/clock.h"
#include "model/judge/model_evaluate.h"

#include <signal.h>
#include <stdlib.h>

enum { SIGNALS = 3, TICK_MS = 1000 };

/* ---- which targets */

static bool condition_marks(const struct runbook_condition *condition,
                            const struct runbook_values *values, const struct config *config,
                            bool *needed, struct err *err) {
  struct runbook_judge judge;
  char why[RUNBOOK_SKIPPED_MAX];
  if (runbook_condition_skipped(why, condition, values, config, &collector_lookup))
    return true;
  bool good = runbook_judge_init(&judge, condition, values, &collector_lookup, err) &&
              condition_has_targets(&judge.condition, config, err);
  for (size_t i = 0; good && i < config->target_count; i++)
    needed[i] = needed[i] || condition_is_about(&judge.condition, config->targets[i]);
  runbook_judge_fini(&judge);
  return good;
}

bool runbook_figures_select(struct config *config, const struct runbook_values *values,
                            struct err *err) {
  const struct runbook *runbook = values->runbook;
  bool *needed = mem_new((config->target_count + 1) * sizeof *needed), good = true;
  for (size_t i = 0; good && i < runbook->step_count; i++)
    if (runbook->steps[i].kind == RUNBOOK_CHECK || runbook->steps[i].kind == RUNBOOK_WAIT)
      good = condition_marks(&runbook->steps[i].condition, values, config, needed, err);
  for (size_t i = 0; good && i < runbook->verify_count; i++)
    good = condition_marks(&runbook->verify[i], values, config, needed, err);
  size_t kept = 0;
  for (size_t i = 0; good && i < config->target_count; i++)
    if (needed[i])
      config->targets[kept++] = config->targets[i];
  if (good)
    config->target_count = kept;
  free(needed);
  return good;
}

/* ---- collecting */

struct looking {
  struct runbook_figures *figures;
  const struct condition *condition;
  bool every, until, over;
  int64_t since_ms, end_ms;
  struct condition_result *result;
  void (*progress)(void *arg, const struct condition_result *result, int64_t left_ms);
  void *arg;
};

static void on_changed(void *arg) {
  struct runbook_figures *figures = arg;
  uv_stop(&figures->runtime->loop);
}

void runbook_figures_open(struct runbook_figures *figures, struct runtime *runtime,
                          const struct config *config) {
  *figures = (struct runbook_figures){.runtime = runtime};
  model_init(&figures->model, config);
  figures->model.wants_all_judged = true;
}

static void collect_begin(struct runbook_figures *figures) {
  const struct scheduler_hooks hooks = {.arg = figures, .changed = on_changed};
  if (figures->scheduler) {
    scheduler_resume(figures->scheduler);
    return;
  }
  figures->scheduler = scheduler_new(&figures->runtime->io, &figures->model, false, hooks);
  scheduler_start(figures->scheduler);
}

static void on_closed(void *arg) {
  struct runbook_figures *figures = arg;
  figures->scheduler = NULL;
  uv_stop(&figures->runtime->loop);
}

void runbook_figures_rest(struct runbook_figures *figures) {
  if (!figures->scheduler)
    return;
  scheduler_close(figures->scheduler, on_closed, figures);
  while (figures->scheduler)
    uv_run(&figures->runtime->loop, UV_RUN_DEFAULT);
}

static void on_tick(uv_timer_t *timer) {
  uv_stop(timer->loop);
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)number;
  ((struct runbook_figures *)handle->data)->interrupts++;
  uv_stop(handle->loop);
}

/* Whether each target was asked since, and one of them did not answer. */
static bool is_fresh(const struct looking *looking, bool *failed) {
  const struct model *model = &looking->figures->model;
  *failed = false;
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target_state *state = &model->targets[i];
    if (!condition_is_about(looking->condition, state->target) || state->target->disabled)
      continue;
    if (state->attempted_ms < looking->since_ms)
      return false;
    *failed = *failed || state->err.kind != ERR_NONE;
  }
  return true;
}

static bool is_over(struct looking *looking) {
  struct model *model = &looking->figures->model;
  const int64_t now_ms = clock_now_ms();
  bool failed;
  const bool fresh = is_fresh(looking, &failed), late = now_ms >= looking->end_ms;
  model->wall_offset_ms = clock_wall_offset_ms();
  model_evaluate(model, now_ms, true);
  condition_judge(looking->result, looking->condition, looking->every, model, model->findings,
                  now_ms);
  if (!fresh) { /* what is known is of before */
    looking->result->answer = CONDITION_NOT_KNOWN;
    if (late)
      snprintf(looking->result->words, sizeof looking->result->words,
               "not known: no answer in time");
    return late;
  }
  const bool known = looking->result->answer != CONDITION_NOT_KNOWN;
  return late || (looking->until ? looking->result->answer == CONDITION_YES : known || failed);
}

void runbook_figures_judge(struct runbook_figures *figures, const struct condition *condition,
                           bool every, bool until, int64_t limit_ms,
                           void (*progress)(void *arg, const struct condition_result *result,
                                            int64_t left_ms),
                           void *arg, struct condition_result *result) {
  static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
  uv_loop_t *loop = &figures->runtime->loop;
  uv_signal_t signals[SIGNALS];
  uv_timer_t timer;
  const int64_t now_ms = clock_now_ms();
  struct looking looking = {.figures = figures,
                            .condition = condition,
                            .every = every,
                            .until = until,
                            .since_ms = now_ms,
                            .end_ms = now_ms + limit_ms,
                            .result = result};
  for (size_t i = 0; i < SIGNALS; i++) {
    uv_signal_init(loop, &signals[i]);
    signals[i].data = figures;
    uv_signal_start(&signals[i], on_signal, numbers[i]);
  }
  uv_timer_init(loop, &timer);
  uv_timer_start(&timer, on_tick, (uint64_t)(limit_ms < TICK_MS ? limit_ms : TICK_MS),
                 (uint64_t)(limit_ms < TICK_MS ? limit_ms : TICK_MS));
  collect_begin(figures);
  while (!is_over(&looking) && figures->interrupts == 0) {
    if (progress)
      progress(arg, result, looking.end_ms - clock_now_ms());
    uv_run(loop, UV_RUN_DEFAULT);
  }
  scheduler_pause(figures->scheduler);
  for (size_t i = 0; i < SIGNALS; i++)
    uv_close((uv_handle_t *)&signals[i], NULL);
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(loop, UV_RUN_NOWAIT); /* they are this function's */
}
