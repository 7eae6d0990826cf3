#include "operate/headless/headless_apply.h"

#include "core/mem.h"
#include "io/clock.h"
#include "operate/plan_at.h"
#include "operate/plan_file.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { UNRECORDED_MS = 2500 }; /* how long to wait for an outcome that is not yet on disk */

/* ---- whether the plan still fits the configuration */

static const struct target *target_find(const struct config *config, const struct plan *plan) {
  for (size_t i = 0; i < config->target_count; i++) {
    const struct target *target = config->targets[i];
    if (strcmp(target->kind->kind, plan->kind) == 0 && strcmp(target->name, plan->target) == 0)
      return target;
  }
  return NULL;
}

static bool same(const char *a, const char *b) {
  return strcmp(a ? a : "", b ? b : "") == 0;
}

bool headless_apply_fits(const struct plan *plan, const struct config *config,
                         const struct target **target, struct err *err) {
  *target = target_find(config, plan);
  if (!*target)
    return err_set(err, ERR_INVALID,
                   "the plan is for %s \"%.64s\", which is not in the configuration", plan->kind,
                   plan->target);
  if (!same(plan->environment, config->environment))
    return err_set(
        err, ERR_INVALID,
        "the plan is for the environment \"%.64s\", but the configuration is for \"%.64s\"",
        plan->environment ? plan->environment : "", config->environment ? config->environment : "");
  if (plan->production != config_is_production(config))
    return err_set(err, ERR_INVALID,
                   "the environment %.64s is now classified differently; make a new plan",
                   config->environment ? config->environment : "");
  return true;
}

bool headless_apply_may(const struct headless *headless, struct err *err) {
  const struct target *target = headless->config->targets[0];
  bool allowed = lock_allows(&headless->lock, target, clock_now_ms(), err);
  if (!allowed && headless->lock.why) /* there is no :unlock here */
    err_set(err, ERR_DENIED, "read-only (%s): nothing was done", headless->lock.why);
  return allowed;
}

bool headless_apply_at(struct headless *headless, const struct plan *plan, struct err *unknown,
                       struct err *err) {
  *unknown = (struct err){0};
  if (!plan->address && !plan->server)
    return true;
  headless->collect(headless->collect_arg);
  const struct target_state *state = &headless->model.targets[0];
  if (!state->sample)
    *unknown = state->err;
  return plan_is_at(plan, state->sample, err);
}

bool headless_apply_agreed(const struct plan *plan, const char *typed, struct err *err) {
  char wanted[PLAN_PHRASE_MAX];
  if (!plan_agreed(plan, typed))
    return err_set(err, ERR_INVALID, "that is not `%.100s`; nothing was done",
                   plan_phrase(plan, wanted));
  if (clock_wall_ms() - plan->made_ms > PLAN_FILE_LIFETIME_MS)
    return err_set(err, ERR_INVALID, "the plan is older than an hour; make a new one");
  return true;
}

/* ---- under way */

static void on_news(void *arg) {
  const struct headless_apply *apply = arg;
  apply->hooks.progress(apply->hooks.arg, apply->operation);
}

static void on_signal(uv_signal_t *handle, int number) {
  struct headless_apply *apply = handle->data;
  (void)number;
  if (++apply->interrupts == 1) {
    apply->hooks.stopping(apply->hooks.arg);
    pipeline_request(apply->headless->pipeline, &(struct request){.kind = REQUEST_CANCEL});
  }
  uv_stop(handle->loop);
}

static void signals_watch(struct headless_apply *apply) {
  static const int numbers[HEADLESS_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < HEADLESS_SIGNALS; i++) {
    uv_signal_init(apply->headless->io->loop, &apply->signals[i]);
    apply->signals[i].data = apply;
    uv_signal_start(&apply->signals[i], on_signal, numbers[i]);
  }
}

static void signals_unwatch(struct headless_apply *apply) {
  for (size_t i = 0; i < HEADLESS_SIGNALS; i++)
    uv_close((uv_handle_t *)&apply->signals[i], NULL);
}

/* For a limited time, also while its outcome is not on disk. */
static bool is_over(void *arg) {
  const struct headless_apply *apply = arg;
  const struct operation *operation = apply->operation;
  if (apply->interrupts > 1)
    return true;
  return operation->phase == OPERATION_ENDED &&
         (operation->unrecorded.kind == ERR_NONE || apply->interrupts > 0 ||
          clock_now_ms() - operation->phase_ms > UNRECORDED_MS);
}

static enum headless_end execute(struct headless_apply *apply, struct operation *operation,
                                 const char *typed, struct err *err) {
  if (!pipeline_agree(apply->headless->pipeline, operation, typed, err))
    return HEADLESS_NOT_BEGUN;
  headless_wait(apply->headless, is_over, apply);
  if (operation->phase != OPERATION_ENDED)
    return HEADLESS_LEFT;
  if (operation->began)
    return HEADLESS_OVER;
  *err = operation->err;
  return HEADLESS_NOT_BEGUN;
}

enum headless_end headless_apply_run(struct headless_apply *apply, struct plan *plan,
                                     const char *typed, struct err *err) {
  struct headless *headless = apply->headless;
  struct operation *operation = pipeline_adopt(headless->pipeline, plan, 0);
  if (!operation) {
    plan_free(plan);
    err_set(err, ERR_INVALID, "the plan cannot be applied");
    return HEADLESS_NOT_TAKEN;
  }
  apply->operation = operation;
  char *hash = mem_dup(plan->hash);
  enum headless_end end = HEADLESS_NOT_TAKEN;
  headless->news = on_news;
  headless->news_arg = apply;
  if (plan_file_claim(headless->state, hash, err)) {
    signals_watch(apply);
    end = execute(apply, operation, typed, err);
    signals_unwatch(apply);
  }
  if (end == HEADLESS_NOT_BEGUN)
    plan_file_release(headless->state, hash);
  headless->news = NULL;
  free(hash);
  return end;
}
