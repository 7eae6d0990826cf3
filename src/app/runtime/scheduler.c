#include "app/runtime/scheduler.h"

#include "core/format.h"
#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>

struct instance {
  struct job job; /* first, so that a job is its instance */
  struct scheduler *scheduler;
  const struct collector *collector;
  void *self; /* NULL if it could not be opened */
  size_t target_index;
  bool running;
  bool again;   /* requested while a collection was running */
  bool excused; /* the last result was not counted, see is_excused */
  uv_timer_t next;
  uv_timer_t deadline;
};

struct scheduler {
  struct io *io;
  struct model *model;
  struct scheduler_hooks hooks;
  bool one_pass;
  bool paused;
  int64_t grid_ms; /* when all were started at once: from then on each at its interval, in step */
  struct instance *instances;
  size_t count;
  size_t unasked; /* one_pass: targets without a result */
  size_t open;    /* handles and instances that are still to close */
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

static struct target *target_of(const struct instance *instance) {
  return instance->scheduler->model->config->targets[instance->target_index];
}

static void on_due(uv_timer_t *timer);

static double jitter(void) {
  uint16_t bits = 0; /* stays this way without a source of random numbers: no jitter */
  uv_random(NULL, NULL, &bits, sizeof bits, 0, NULL);
  return (double)bits / UINT16_MAX;
}

static void instance_plan(struct instance *instance) {
  struct scheduler *scheduler = instance->scheduler;
  struct target_state *state = &scheduler->model->targets[instance->target_index];
  const int64_t now = clock_now_ms(), interval = target_of(instance)->interval_ms;
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
  instance->excused = late && !instance->excused && !instance->scheduler->one_pass;
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
    model_publish(scheduler->model, instance->target_index, sample, clock_now_ms());
  else
    model_fail(scheduler->model, instance->target_index, err, clock_now_ms());
  if (instance->again)
    instance_start(instance);
  else if (!scheduler->one_pass)
    instance_plan(instance);
  scheduler->hooks.changed(scheduler->hooks.arg);
  if (scheduler->one_pass && --scheduler->unasked == 0)
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
          format_duration(limit, sizeof limit, (double)target_of(instance)->timeout_ms / 1000));
  instance->collector->cancel(instance->self, &err);
  instance_end(instance, NULL, &err);
}

static void instance_start(struct instance *instance) {
  struct scheduler *scheduler = instance->scheduler;
  const int64_t now_us = clock_now_us(), timeout = target_of(instance)->timeout_ms;
  uv_timer_stop(&instance->next);
  instance->running = true;
  instance->again = false;
  instance->job = (struct job){.io = scheduler->io,
                               .started_us = now_us,
                               .deadline_ms = now_us / 1000 + timeout,
                               .one_pass = scheduler->one_pass,
                               .end = on_job_end};
  model_attempt(scheduler->model, instance->target_index, now_us / 1000);
  uv_update_time(scheduler->io->loop);
  uv_timer_start(&instance->deadline, on_deadline, (uint64_t)timeout, 0);
  instance->collector->start(instance->self, &instance->job);
}

static void on_due(uv_timer_t *timer) {
  instance_start(timer->data);
}

struct scheduler *scheduler_new(struct io *io, struct model *model, bool one_pass,
                                struct scheduler_hooks hooks) {
  struct scheduler *scheduler = mem_new(sizeof *scheduler);
  *scheduler = (struct scheduler){
      .io = io, .model = model, .hooks = hooks, .one_pass = one_pass, .count = model->target_count};
  scheduler->instances = mem_new(scheduler->count * sizeof *scheduler->instances);
  for (size_t i = 0; i < scheduler->count; i++) {
    struct instance *instance = &scheduler->instances[i];
    const struct target *target = model->targets[i].target;
    instance->scheduler = scheduler;
    instance->target_index = i;
    instance->collector = collector_find(target->kind->kind);
    uv_timer_init(io->loop, &instance->next);
    uv_timer_init(io->loop, &instance->deadline);
    instance->next.data = instance->deadline.data = instance;
  }
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
  model_fail(scheduler->model, instance->target_index, &err, clock_now_ms());
  return false;
}

void scheduler_start(struct scheduler *scheduler) {
  scheduler->unasked = 0;
  for (size_t i = 0; i < scheduler->count; i++)
    scheduler->unasked += instance_open(&scheduler->instances[i]);
  bool none = scheduler->unasked == 0;
  scheduler->grid_ms = clock_now_ms();
  for (size_t i = 0; i < scheduler->count; i++) {
    struct instance *instance = &scheduler->instances[i];
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
  for (size_t i = 0; i < scheduler->count; i++) {
    struct instance *instance = &scheduler->instances[i];
    bool just_now = now - instance->job.started_us / 1000 < AGAIN_MS;
    if (instance->self && !instance->running && !just_now)
      instance_start(instance);
  }
}

void scheduler_collect_slot(struct scheduler *scheduler, size_t target_index) {
  struct instance *instance = &scheduler->instances[target_index];
  if (scheduler->paused || !instance->self)
    return;
  if (instance->running)
    instance->again = !scheduler->one_pass;
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
  model_attempt(instance->scheduler->model, instance->target_index, 0);
}

void scheduler_pause(struct scheduler *scheduler) {
  scheduler->paused = true;
  for (size_t i = 0; i < scheduler->count; i++) {
    uv_timer_stop(&scheduler->instances[i].next);
    instance_give_up(&scheduler->instances[i]);
  }
}

void scheduler_resume(struct scheduler *scheduler) {
  scheduler->paused = false;
  scheduler->grid_ms = clock_now_ms();
  for (size_t i = 0; i < scheduler->count; i++) {
    struct instance *instance = &scheduler->instances[i];
    if (instance->self && !instance->running)
      instance_start(instance);
  }
}

bool scheduler_expects(const struct scheduler *scheduler, int64_t now_ms) {
  for (size_t i = 0; i < scheduler->count; i++)
    if (scheduler->instances[i].running &&
        now_ms - scheduler->instances[i].job.started_us / 1000 < MOMENT_MS)
      return true;
  return false;
}

static void scheduler_closed_one(struct scheduler *scheduler) {
  if (--scheduler->open > 0)
    return;
  void (*closed)(void *) = scheduler->closed;
  void *arg = scheduler->closed_arg;
  free(scheduler->instances);
  free(scheduler);
  closed(arg);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct instance *instance = handle->data;
  scheduler_closed_one(instance->scheduler);
}

static void on_instance_closed(void *arg) {
  scheduler_closed_one(arg);
}

static void instance_close(struct instance *instance) {
  struct scheduler *scheduler = instance->scheduler;
  instance_give_up(instance);
  scheduler->open += 2;
  uv_close((uv_handle_t *)&instance->next, on_timer_closed);
  uv_close((uv_handle_t *)&instance->deadline, on_timer_closed);
  if (!instance->self)
    return;
  scheduler->open++;
  instance->collector->close(instance->self, on_instance_closed, scheduler);
}

void scheduler_close(struct scheduler *scheduler, void (*done)(void *arg), void *arg) {
  scheduler->closed = done;
  scheduler->closed_arg = arg;
  scheduler->open = 1; /* so that it cannot end before every close has begun */
  for (size_t i = 0; i < scheduler->count; i++)
    instance_close(&scheduler->instances[i]);
  scheduler_closed_one(scheduler);
}
