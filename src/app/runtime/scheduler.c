#include "app/runtime/scheduler.h"

#include "collectors/frame.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>

struct instance {
  struct job job; /* first, so that a job is its instance */
  struct scheduler *scheduler;
  const struct collector *collector; /* of a page: its life cycle only */
  void *self;                        /* NULL if it could not be opened */
  size_t index;                      /* of its state in the model: a target, or an open page */
  bool one_pass;
  bool held; /* a page that another one covers */
  bool running;
  bool again;   /* requested while a collection was running */
  bool excused; /* the last result was not counted, see is_excused */
  uv_timer_t next;
  uv_timer_t deadline;
  size_t open;                 /* what is still to close */
  struct instance *closing;    /* the next one that is closing, */
  const struct config *config; /* which its target belongs to */
};

struct scheduler {
  struct io *io;
  struct model *model;
  struct scheduler_hooks hooks;
  bool one_pass;
  bool paused;
  int64_t grid_ms; /* when all were started at once: from then on each at its interval, in step */
  struct instance **instances; /* as the states of the model; NULL: a page that is not open */
  size_t count;                /* targets; behind them there is room for MODEL_PAGES_MAX pages */
  size_t unasked;              /* one_pass: targets without a result */
  size_t open;                 /* instances that are not freed yet */
  struct instance *closing;    /* those that are not open either: a list */
  void (*closed)(void *arg);
  void *closed_arg;
};

/* An answer usually arrives within this time; a frame may wait for it. */
enum { MOMENT_MS = 40 };
/* Minimum time between two requested collections of a target. */
enum { AGAIN_MS = 250 };
/* A result this long after its deadline means that stacktop itself was not running. */
enum { LATE_MS = 1000 };

int64_t scheduler_backoff(int64_t interval_ms, uint32_t failures, double jitter) {
  int64_t ceiling = interval_ms > BACKOFF_MAX_MS ? interval_ms : BACKOFF_MAX_MS;
  int64_t delay = interval_ms;
  for (uint32_t i = 1; i < failures && delay < ceiling; i++)
    delay *= 2;
  if (delay > ceiling)
    delay = ceiling;
  return delay - (int64_t)((double)delay / 5 * jitter);
}

int64_t scheduler_next(int64_t grid_ms, int64_t interval_ms, int64_t started_ms, int64_t now_ms) {
  int64_t soonest = started_ms + interval_ms / 2;
  if (soonest <= now_ms)
    soonest = now_ms + 1;
  return grid_ms + (soonest - grid_ms + interval_ms - 1) / interval_ms * interval_ms;
}

static struct target_state *state_of(const struct instance *instance) {
  return &instance->scheduler->model->targets[instance->index];
}

static const struct target *target_of(const struct instance *instance) {
  return state_of(instance)->target;
}

static size_t room(const struct scheduler *scheduler) {
  return scheduler->count + MODEL_PAGES_MAX;
}

static void on_due(uv_timer_t *timer);

static double jitter(void) {
  uint16_t bits = 0; /* stays this way without a source of random numbers: no jitter */
  uv_random(NULL, NULL, &bits, sizeof bits, 0, NULL);
  return (double)bits / UINT16_MAX;
}

static void instance_plan(struct instance *instance) {
  struct scheduler *scheduler = instance->scheduler;
  struct target_state *state = state_of(instance);
  const int64_t now = clock_now_ms(), interval = target_state_interval(state);
  state->next_ms =
      state->failures > 0
          ? now + scheduler_backoff(interval, state->failures, jitter())
          : scheduler_next(scheduler->grid_ms, interval, instance->job.started_us / 1000, now);
  uv_update_time(scheduler->io->loop);
  uv_timer_start(&instance->next, on_due, (uint64_t)(state->next_ms - now), 0);
}

/* stacktop was stopped or the machine slept: all timers fire before any answer in a socket was
 * read, so a time-out says nothing about the target. Excused once only: a machine that is always
 * this slow must be reported. */
static bool is_excused(struct instance *instance) {
  bool late = clock_now_ms() > instance->job.deadline_ms + LATE_MS;
  instance->excused = late && !instance->excused && !instance->one_pass;
  return instance->excused;
}

static void instance_start(struct instance *instance);

/* The one completion of a job: a sample, an error, or the deadline. */
static void instance_end(struct instance *instance, struct sample *sample, const struct err *err) {
  struct scheduler *scheduler = instance->scheduler;
  assert(instance->running);
  instance->running = false;
  uv_timer_stop(&instance->deadline);
  if (is_excused(instance)) {
    sample_free(sample);
    instance_start(instance);
    return;
  }
  if (sample)
    model_publish(scheduler->model, instance->index, sample, clock_now_ms());
  else
    model_fail(scheduler->model, instance->index, err, clock_now_ms());
  if (instance->again)
    instance_start(instance);
  else if (!instance->one_pass)
    instance_plan(instance);
  const bool counts = scheduler->one_pass && instance->index < scheduler->count;
  scheduler->hooks.changed(scheduler->hooks.arg);
  if (counts && --scheduler->unasked == 0)
    scheduler->hooks.finished(scheduler->hooks.arg);
}

static void on_job_end(struct job *job, struct sample *sample, const struct err *err) {
  instance_end((struct instance *)job, sample, err);
}

static void on_deadline(uv_timer_t *timer) {
  struct instance *instance = timer->data;
  char limit[FORMAT_MAX];
  struct err err;
  err_set(&err, ERR_TIMEOUT, "no answer within %s",
          format_duration(limit, sizeof limit,
                          (double)target_state_timeout(state_of(instance)) / 1000));
  instance->collector->cancel(instance->self, &err);
  instance_end(instance, NULL, &err);
}

static void instance_start(struct instance *instance) {
  struct scheduler *scheduler = instance->scheduler;
  const int64_t now_us = clock_now_us(), timeout = target_state_timeout(state_of(instance));
  uv_timer_stop(&instance->next);
  instance->running = true;
  instance->again = false;
  instance->job = (struct job){.io = scheduler->io,
                               .model = scheduler->model,
                               .started_us = now_us,
                               .deadline_ms = now_us / 1000 + timeout,
                               .one_pass = instance->one_pass,
                               .end = on_job_end};
  model_attempt(scheduler->model, instance->index, now_us / 1000);
  uv_update_time(scheduler->io->loop);
  uv_timer_start(&instance->deadline, on_deadline, (uint64_t)timeout, 0);
  instance->collector->start(instance->self, &instance->job);
}

static void on_due(uv_timer_t *timer) {
  instance_start(timer->data);
}

static struct instance *instance_new(struct scheduler *scheduler, size_t index,
                                     const struct collector *collector, bool one_pass) {
  struct instance *instance = mem_new(sizeof *instance);
  instance->scheduler = scheduler;
  instance->index = index;
  instance->collector = collector;
  instance->one_pass = one_pass;
  uv_timer_init(scheduler->io->loop, &instance->next);
  uv_timer_init(scheduler->io->loop, &instance->deadline);
  instance->next.data = instance->deadline.data = instance;
  scheduler->instances[index] = instance;
  scheduler->open++;
  return instance;
}

struct scheduler *scheduler_new(struct io *io, struct model *model, bool one_pass,
                                struct scheduler_hooks hooks) {
  struct scheduler *scheduler = mem_new(sizeof *scheduler);
  *scheduler = (struct scheduler){
      .io = io, .model = model, .hooks = hooks, .one_pass = one_pass, .count = model->target_count};
  scheduler->instances = mem_new(room(scheduler) * sizeof(struct instance *));
  for (size_t i = 0; i < scheduler->count; i++)
    instance_new(scheduler, i, collector_find(model->targets[i].target->kind->kind), one_pass);
  return scheduler;
}

/* Opens collectors at the first start, so that the first frame does not wait for client
 * libraries. */
static bool instance_open(struct instance *instance) {
  struct err err = {0};
  struct scheduler *scheduler = instance->scheduler;
  const char *disabled = target_of(instance)->disabled;
  if (disabled)
    err_set(&err, ERR_DISABLED, "disabled: %s", disabled);
  else
    instance->self = instance->collector->open(scheduler->io, target_of(instance), &err);
  if (instance->self)
    return true;
  model_fail(scheduler->model, instance->index, &err, clock_now_ms());
  return false;
}

void scheduler_start(struct scheduler *scheduler) {
  scheduler->unasked = 0;
  for (size_t i = 0; i < scheduler->count; i++)
    scheduler->unasked += instance_open(scheduler->instances[i]);
  bool none = scheduler->unasked == 0;
  scheduler->grid_ms = clock_now_ms();
  for (size_t i = 0; i < scheduler->count; i++) {
    struct instance *instance = scheduler->instances[i];
    if (instance->self)
      instance_start(instance);
  }
  if (none)
    scheduler->hooks.changed(scheduler->hooks.arg);
  if (none && scheduler->one_pass)
    scheduler->hooks.finished(scheduler->hooks.arg);
}

void scheduler_collect_now(struct scheduler *scheduler) {
  const int64_t now = clock_now_ms();
  if (scheduler->paused)
    return;
  scheduler->grid_ms = now;
  for (size_t i = 0; i < room(scheduler); i++) {
    struct instance *instance = scheduler->instances[i];
    bool just_now = instance && now - instance->job.started_us / 1000 < AGAIN_MS;
    if (instance && instance->self && !instance->held && !instance->running && !just_now)
      instance_start(instance);
  }
}

void scheduler_collect_slot(struct scheduler *scheduler, size_t state) {
  struct instance *instance = scheduler->instances[state];
  if (scheduler->paused || !instance || !instance->self || instance->held)
    return;
  if (instance->running)
    instance->again = !instance->one_pass;
  else
    instance_start(instance);
}

/* As if it had not been started: its result is ignored. */
static void instance_give_up(struct instance *instance) {
  struct err ignored = {0};
  if (!instance->running)
    return;
  instance->collector->cancel(instance->self, &ignored);
  instance->running = instance->again = false;
  uv_timer_stop(&instance->deadline);
  model_attempt(instance->scheduler->model, instance->index, 0);
}

void scheduler_pause(struct scheduler *scheduler) {
  scheduler->paused = true;
  for (size_t i = 0; i < room(scheduler); i++) {
    if (!scheduler->instances[i])
      continue;
    uv_timer_stop(&scheduler->instances[i]->next);
    instance_give_up(scheduler->instances[i]);
  }
}

void scheduler_resume(struct scheduler *scheduler) {
  scheduler->paused = false;
  scheduler->grid_ms = clock_now_ms();
  for (size_t i = 0; i < room(scheduler); i++) {
    struct instance *instance = scheduler->instances[i];
    if (instance && instance->self && !instance->held && !instance->running)
      instance_start(instance);
  }
}

bool scheduler_expects(const struct scheduler *scheduler, int64_t now_ms) {
  for (size_t i = 0; i < room(scheduler); i++)
    if (scheduler->instances[i] && scheduler->instances[i]->running &&
        now_ms - scheduler->instances[i]->job.started_us / 1000 < MOMENT_MS)
      return true;
  return false;
}

static void scheduler_closed_one(struct scheduler *scheduler) {
  if (--scheduler->open > 0 || !scheduler->closed)
    return;
  void (*closed)(void *) = scheduler->closed;
  void *arg = scheduler->closed_arg;
  free(scheduler->instances);
  free(scheduler);
  closed(arg);
}

static void on_instance_closed(void *arg) {
  struct instance *instance = arg;
  struct scheduler *scheduler = instance->scheduler;
  if (--instance->open > 0)
    return;
  struct instance **link = &scheduler->closing;
  while (*link != instance)
    link = &(*link)->closing;
  *link = instance->closing;
  free(instance);
  scheduler_closed_one(scheduler);
}

static void on_timer_closed(uv_handle_t *handle) {
  on_instance_closed(handle->data);
}

/* From now on its state in the model may be that of another page. */
static void instance_close(struct instance *instance) {
  struct scheduler *scheduler = instance->scheduler;
  instance_give_up(instance);
  instance->config = target_of(instance)->config;
  instance->closing = scheduler->closing;
  scheduler->closing = instance;
  scheduler->instances[instance->index] = NULL;
  instance->open = instance->self ? 3 : 2;
  uv_close((uv_handle_t *)&instance->next, on_timer_closed);
  uv_close((uv_handle_t *)&instance->deadline, on_timer_closed);
  if (instance->self)
    instance->collector->close(instance->self, on_instance_closed, instance);
}

static bool is_kept(const size_t *from, size_t count, size_t index) {
  for (size_t i = 0; i < count; i++)
    if (from[i] == index)
      return true;
  return false;
}

void scheduler_rebase(struct scheduler *scheduler, const struct config *config,
                      const size_t *from) {
  struct instance **old = scheduler->instances;
  const size_t count = config->target_count;
  assert(!scheduler->one_pass);
  for (size_t i = 0; i < scheduler->count; i++)
    if (!is_kept(from, count, i))
      instance_close(old[i]);
  model_rebase(scheduler->model, config, from);
  scheduler->count = count;
  scheduler->instances = mem_new(room(scheduler) * sizeof(struct instance *));
  for (size_t i = 0; i < count; i++)
    if (from[i] != SIZE_MAX) {
      scheduler->instances[i] = old[from[i]];
      scheduler->instances[i]->index = i;
    }
  free(old);
  for (size_t i = 0; i < count; i++) {
    if (from[i] != SIZE_MAX)
      continue;
    struct instance *instance =
        instance_new(scheduler, i, collector_find(config->targets[i]->kind->kind), false);
    if (instance_open(instance) && !scheduler->paused)
      instance_start(instance);
  }
}

bool scheduler_uses(const struct scheduler *scheduler, const struct config *config) {
  for (const struct instance *each = scheduler->closing; each; each = each->closing)
    if (each->config == config)
      return true;
  return false;
}

void scheduler_close(struct scheduler *scheduler, void (*done)(void *arg), void *arg) {
  scheduler->closed = done;
  scheduler->closed_arg = arg;
  scheduler->open++; /* so that it cannot end before every close has begun */
  for (size_t i = 0; i < room(scheduler); i++)
    if (scheduler->instances[i])
      instance_close(scheduler->instances[i]);
  scheduler_closed_one(scheduler);
}

/* ---- pages */

/* The collector of every page: only its life cycle is used. */
static const struct collector page_collector = {
    .start = watch_start, .cancel = watch_cancel, .close = watch_close};

void scheduler_page_open(struct scheduler *scheduler, size_t state, bool one_pass) {
  struct target_state *opened = &scheduler->model->targets[state];
  struct instance *instance = instance_new(scheduler, state, &page_collector, one_pass);
  struct err err = {0};
  assert(state >= scheduler->count && opened->page);
  if (opened->target->disabled)
    err_set(&err, ERR_DISABLED, "disabled: %s", opened->target->disabled);
  else
    instance->self =
        watch_open_page(page_of(opened->page), scheduler->io, opened->target, &opened->focus, &err);
  if (!instance->self)
    model_fail(scheduler->model, state, &err, clock_now_ms());
  else if (!scheduler->paused)
    instance_start(instance);
}

void scheduler_page_hold(struct scheduler *scheduler, size_t state, bool held) {
  struct instance *instance = scheduler->instances[state];
  if (!instance || instance->held == held)
    return;
  instance->held = held;
  uv_timer_stop(&instance->next);
  if (held)
    instance_give_up(instance);
  else
    scheduler_collect_slot(scheduler, state);
}

void scheduler_page_close(struct scheduler *scheduler, size_t state) {
  if (scheduler->instances[state])
    instance_close(scheduler->instances[state]);
}
