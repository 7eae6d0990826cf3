/* Runs one action through survey, plan, execute and verify, as the pipeline does, without it. */
#pragma once

#include "actions/action.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/http/http.h"
#include "io/net/resolve.h"
#include "support/core_test.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DRIVER_PARAMS_MAX = 16, DRIVER_MS = 20000 };

struct driver {
  uv_loop_t loop;
  struct io io;
  struct config *config;
  struct model model;
  uv_timer_t patience;
  const struct action *action;
  struct action_request request;
  struct option_value values[DRIVER_PARAMS_MAX];
  const char *texts[DRIVER_PARAMS_MAX];
  struct sample *found;
  struct plan *plan;
  struct outcome outcome;
  struct progress progress;
  bool has_outcome;
  struct step_call call;
  const struct step_kind *step;
  bool ended, late;
  int64_t began_ms;  /* the step */
  struct err err;    /* of the last step, or why there is no plan */
  const char *state; /* folder for undo files; NULL: the test needs none */
  /* The result of a survey: then none is run. */
  struct sample *(*by_hand)(struct driver *driver);
  /* Called on each change, for tests that act in the middle. */
  void (*on_change)(struct driver *driver);
  void (*look)(struct step_call *call); /* as step_call's; NULL: not possible */
  void *arg;
};

/* A target of the kind, with name "main"; settings are pairs option, value, closed by NULL. */
static inline void driver_open(struct driver *driver, const struct target_kind *kind,
                               const char *const *settings) {
  *driver = (struct driver){0};
  uv_loop_init(&driver->loop);
  driver->io.loop = &driver->loop;
  driver->config = config_new();
  struct target *target = target_new(kind, "main");
  for (size_t i = 0; settings && settings[i]; i += 2) {
    struct err err = {0};
    for (size_t o = 0; o < kind->option_count; o++)
      if (strcmp(kind->options[o].name, settings[i]) == 0) {
        option_value_fini(&target->values[o]);
        if (!option_parse(&kind->options[o], settings[i + 1], &target->values[o], &err))
          assert(!"the option does not parse");
        target->values[o].set = true;
      }
  }
  target->interval_ms = 2000;
  config_add(driver->config, target);
  model_init(&driver->model, driver->config);
}

/* Takes the sample as the collector's last one. */
static inline void driver_publish(struct driver *driver, struct sample *sample) {
  sample->taken_ms = clock_now_ms();
  model_publish(&driver->model, 0, sample, clock_now_ms());
}

static inline void driver_forget(struct driver *driver) {
  plan_free(driver->plan);
  sample_free(driver->found);
  if (driver->has_outcome)
    outcome_fini(&driver->outcome);
  for (size_t i = 0; i < DRIVER_PARAMS_MAX; i++)
    option_value_fini(&driver->values[i]);
  driver->plan = NULL;
  driver->found = NULL;
  driver->has_outcome = false;
}

static inline void driver_close(struct driver *driver) {
  driver_forget(driver);
  http_client_free(driver->io.http);
  resolver_free(driver->io.resolver);
  uv_run(&driver->loop, UV_RUN_DEFAULT);
  int status = uv_loop_close(&driver->loop);
  assert(status == 0 && "a handle lives on");
  (void)status;
  model_fini(&driver->model);
  config_free(driver->config);
}

static inline void driver_on_changed(struct step_call *call) {
  struct driver *driver = call->pipeline;
  if (driver->on_change)
    driver->on_change(driver);
}

static inline void driver_on_end(struct step_call *call, struct sample *found,
                                 const struct err *err) {
  struct driver *driver = call->pipeline;
  assert(!driver->ended && "ended twice");
  driver->ended = true;
  if (found) {
    sample_free(driver->found);
    driver->found = found;
  }
  driver->err = err ? *err : (struct err){0};
  uv_stop(&driver->loop);
}

static inline void driver_on_late(uv_timer_t *timer) {
  struct driver *driver = timer->data;
  driver->late = true;
  uv_stop(&driver->loop);
}

static inline void driver_begin(struct driver *driver, const struct step_kind *step) {
  driver->step = step;
  driver->began_ms = clock_now_ms();
  driver->ended = driver->late = false;
  driver->err = (struct err){0};
  driver->progress = (struct progress){0};
  driver->call = (struct step_call){
      .io = &driver->io,
      .target = driver->config->targets[0],
      .request = &driver->request,
      .plan = driver->plan,
      .outcome = driver->has_outcome ? &driver->outcome : NULL,
      .progress = &driver->progress,
      .state = driver->state,
      .model = &driver->model,
      .look = driver->look,
      .deadline_ms = step->timeout_ms ? clock_now_ms() + step->timeout_ms : INT64_MAX,
      .changed = driver_on_changed,
      .end = driver_on_end,
      .pipeline = driver};
  step->start(&driver->call);
}

/* Runs the current step to its end; false with err when it ended with one, or was dropped. */
static inline bool driver_wait(struct driver *driver) {
  uv_timer_init(&driver->loop, &driver->patience);
  driver->patience.data = driver;
  uv_timer_start(&driver->patience, driver_on_late, DRIVER_MS, 0);
  if (!driver->ended)
    uv_run(&driver->loop, UV_RUN_DEFAULT);
  uv_close((uv_handle_t *)&driver->patience, NULL);
  if (!driver->ended) {
    driver->step->drop(&driver->call);
    err_set(&driver->err, ERR_TIMEOUT, "the step did not end");
  }
  while (uv_run(&driver->loop, UV_RUN_NOWAIT))
    ;
  return driver->err.kind == ERR_NONE;
}

static inline void driver_drop(struct driver *driver);

/* One iteration of the loop, for a test that waits for something in the middle of the current step.
 * Fails when the step ends instead, or does not get there in time. */
static inline void driver_turn(struct driver *driver) {
  if (driver->ended)
    fail_msg("the step has ended before: %s", driver->err.text);
  if (clock_now_ms() > driver->began_ms + DRIVER_MS) {
    driver_drop(driver);
    fail_msg("the step does not come to it: %s", driver->progress.step);
  }
  uv_run(&driver->loop, UV_RUN_NOWAIT);
  usleep(1000);
}

/* Drops the current step, as at its deadline. */
static inline void driver_drop(struct driver *driver) {
  driver->step->drop(&driver->call);
  driver->ended = true;
  while (uv_run(&driver->loop, UV_RUN_DEFAULT))
    ;
}

/* Runs the survey. keys: rows of `table`, closed by NULL (or NULL); params: pairs name, text,
 * closed by NULL (or NULL). Keeps both borrowed until the next driver_survey or driver_close. */
static inline bool driver_survey(struct driver *driver, const struct action *action,
                                 const char *table, const char *const *keys,
                                 const char *const *params) {
  driver_forget(driver);
  driver->action = action;
  memset(driver->values, 0, sizeof driver->values);
  memset(driver->texts, 0, sizeof driver->texts);
  for (size_t i = 0; i < action->spec.param_count; i++) {
    driver->texts[i] = action->spec.params[i].fallback;
    for (size_t p = 0; params && params[p]; p += 2)
      if (strcmp(params[p], action->spec.params[i].name) == 0)
        driver->texts[i] = params[p + 1];
    if (driver->texts[i]) {
      if (!option_parse(&action->spec.params[i], driver->texts[i], &driver->values[i],
                        &driver->err))
        return false;
      driver->values[i].set = true;
    }
  }
  size_t count = 0;
  while (keys && keys[count])
    count++;
  driver->request = (struct action_request){.action = action,
                                            .model = &driver->model,
                                            .target_index = 0,
                                            .target = driver->config->targets[0],
                                            .table = table,
                                            .keys = keys,
                                            .key_count = count,
                                            .params = driver->values,
                                            .texts = driver->texts,
                                            .state = driver->state,
                                            .now_ms = clock_now_ms()};
  driver->err = (struct err){0};
  if (action->applies && !action->applies(&driver->request, &driver->err))
    return false;
  if (driver->by_hand)
    driver->found = driver->by_hand(driver);
  if (!action->survey || driver->by_hand)
    return true;
  driver_begin(driver, action->survey);
  return driver_wait(driver);
}

/* Makes the plan from the survey. picks: closed by NULL, or NULL. */
static inline bool driver_plan(struct driver *driver, const char *const *picks) {
  size_t count = 0;
  while (picks && picks[count])
    count++;
  driver->request.found = driver->found;
  driver->request.chosen = picks;
  driver->request.chosen_count = count;
  driver->request.now_ms = clock_now_ms();
  plan_free(driver->plan);
  driver->plan = plan_new(&driver->action->spec, "main", NULL, false);
  for (size_t i = 0; i < driver->action->spec.param_count; i++)
    if (driver->texts[i])
      plan_param_add(driver->plan, driver->action->spec.params[i].name, driver->texts[i]);
  driver->plan->made_ms = driver->plan->data_ms = driver->request.now_ms;
  return driver->action->plan(&driver->request, driver->plan, &driver->err);
}

static inline void driver_execute_begin(struct driver *driver) {
  if (driver->has_outcome)
    outcome_fini(&driver->outcome);
  outcome_init(&driver->outcome, driver->plan->object_count);
  driver->has_outcome = true;
  driver_begin(driver, driver->action->execute);
}

static inline bool driver_execute(struct driver *driver) {
  driver_execute_begin(driver);
  return driver_wait(driver);
}

static inline bool driver_verify(struct driver *driver) {
  if (!driver->action->verify)
    return true;
  driver_begin(driver, driver->action->verify);
  return driver_wait(driver);
}

/* All steps; false at the first that fails. */
static inline bool driver_run(struct driver *driver, const struct action *action, const char *table,
                              const char *const *keys, const char *const *params,
                              const char *const *picks) {
  return driver_survey(driver, action, table, keys, params) && driver_plan(driver, picks) &&
         driver_execute(driver) && driver_verify(driver);
}

/* ---- assertions */

static inline void expect_in(const char *text, const char *part) {
  if (!strstr(text, part))
    fail_msg("no \"%s\" in:\n%s", part, text);
}

static inline void expect_words(const struct driver *driver, const char *part) {
  expect_in(driver->err.text, part);
}

static inline const char *object_words(const struct driver *driver, size_t object) {
  return driver->outcome.objects[object].words;
}

static inline void driver_expect(const struct driver *driver, size_t object,
                                 enum object_result result, const char *words) {
  if (driver->outcome.objects[object].result != result)
    fail_msg("%s: %s", object_result_name(driver->outcome.objects[object].result),
             object_words(driver, object));
  expect_in(object_words(driver, object), words);
}

static inline void plan_text_add(void *arg, enum plan_part part, bool strong, const char *text) {
  char *all = arg;
  (void)part;
  (void)strong;
  size_t used = strlen(all);
  snprintf(all + used, 65536 - used, "%s\n", text);
}

/* The plan as it would be shown, in a static buffer. */
static inline const char *plan_text(const struct driver *driver) {
  static char all[65536];
  *all = '\0';
  plan_lines(driver->plan, plan_text_add, all);
  return all;
}
