#include "actions/step.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/limit.h"
#include "io/thread.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  STACK_BYTES = 512 << 10,   /* bodies keep texts of some KiB on it, and ASan's frames are larger */
  REFUSED_WAITS_MAX = 10000, /* a body that still asks this often after its end does not return */
};

/* ---- taking turns */

static void wait_for(sem_t *turn) {
  while (sem_wait(turn) != 0)
    assert(errno == EINTR);
}

static void *thread_main(void *arg) {
  struct step *step = arg;
  wait_for(&step->turn_of_step);
  step->good = step->body(step);
  step->finished = true;
  sem_post(&step->turn_of_loop);
  return NULL;
}

/* On the loop: the step runs until it waits or has returned. */
static void give_turn(struct step *step) {
  sem_post(&step->turn_of_step);
  wait_for(&step->turn_of_loop);
}

static bool refuse_wait(struct step *step) {
  assert(step->refused_waits++ < REFUSED_WAITS_MAX);
  if (step->err.kind == ERR_NONE)
    err_set(&step->err, ERR_TIMEOUT, "given up");
  return false;
}

static void on_timer(uv_timer_t *timer) {
  step_wake(timer->data);
}

bool step_wait(struct step *step, int64_t until_ms) {
  if (step->dropped)
    return refuse_wait(step);
  if (until_ms < INT64_MAX) {
    int64_t left = until_ms - clock_now_ms();
    uv_update_time(step->timer.loop);
    uv_timer_start(&step->timer, on_timer, left > 0 ? (uint64_t)left : 0, 0);
  }
  sem_post(&step->turn_of_loop);
  wait_for(&step->turn_of_step);
  uv_timer_stop(&step->timer);
  return step->dropped ? refuse_wait(step) : true;
}

/* ---- the end */

static void on_timer_closed(uv_handle_t *handle) {
  struct step *step = handle->data;
  sem_destroy(&step->turn_of_step);
  sem_destroy(&step->turn_of_loop);
  arena_fini(&step->arena);
  free(step);
}

static size_t unanswered(const struct step *step) {
  size_t count = 0;
  for (const struct step_part *part = step->parts; part; part = part->next)
    if (part->unanswered)
      count += part->unanswered(part);
  return count;
}

/* Its memory stays until the next iteration of the loop. */
static void close_step(struct step *step) {
  if ((!step->good || step->dropped) && step->call->outcome)
    step_settle(step);
  while (step->parts) {
    struct step_part *part = step->parts;
    step->parts = part->next;
    part->close(part);
  }
  if (step->has_thread)
    pthread_join(step->thread, NULL);
  step->call->self = NULL;
  step->closed = true;
  uv_close((uv_handle_t *)&step->timer, on_timer_closed);
}

static void end(struct step *step) {
  struct step_call *call = step->call;
  struct sample *found = step->good ? step->found : NULL;
  struct err err = step->err;
  if (found)
    found->taken_ms = clock_now_ms();
  else
    sample_free(step->found);
  close_step(step);
  call->end(call, found, step->good ? NULL : &err);
}

void step_wake(struct step *step) {
  step->awake = true;
  if (step->running)
    return;
  step->running = true;
  while (step->awake && !step->closed) {
    step->awake = false;
    if (!step->finished)
      give_turn(step);
    if (step->report && !step->closed) {
      step->report = false;
      step->call->changed(step->call); /* may cancel or drop it */
    }
    if (step->finished && !step->closed)
      end(step);
  }
  step->running = false;
}

/* ---- for a step_kind */

void step_start(struct step_call *call, step_body body) {
  struct step *step = mem_new(sizeof *step);
  pthread_attr_t attributes;
  step->call = call;
  step->body = body;
  call->self = step;
  step->verifies = call->outcome && outcome_count(call->outcome, OBJECT_SENT) > 0;
  arena_init(&step->arena, STEP_ARENA_BYTES_MAX);
  sem_init(&step->turn_of_step, 0, 0);
  sem_init(&step->turn_of_loop, 0, 0);
  uv_timer_init(call->io->loop, &step->timer);
  step->timer.data = step;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  int status = thread_start(&step->thread, &attributes, thread_main, step);
  pthread_attr_destroy(&attributes);
  step->has_thread = status == 0;
  if (status != 0) {
    limit_thread(status, &step->err);
    step->finished = true;
  }
  uv_timer_start(&step->timer, on_timer, 0, 0); /* a step never ends before its start returns */
}

void step_cancel(struct step_call *call) {
  struct step *step = call->self;
  step->cancelled = true;
  step_wake(step);
}

void step_drop(struct step_call *call) {
  struct step *step = call->self;
  if (!step)
    return;
  step->dropped = true;
  while (!step->finished)
    give_turn(step);
  if (step->err.kind == ERR_NONE)
    err_set(&step->err, ERR_TIMEOUT, "given up");
  sample_free(step->found);
  close_step(step);
}

/* ---- for a step's body */

bool step_fail(struct step *step, enum err_kind kind, const char *format, ...) {
  va_list args;
  struct err err = {.kind = kind};
  va_start(args, format);
  vsnprintf(err.text, sizeof err.text, format, args);
  va_end(args);
  step->err = err;
  return false;
}

void step_report(struct step *step) {
  step->report = true;
}

void step_progress(struct step *step, int64_t done, int64_t total, const char *unit) {
  struct progress *progress = step->call->progress;
  if (!progress->started_ms)
    progress->started_ms = clock_now_ms();
  progress->done = done;
  progress->total = total;
  progress->unit = unit;
  step_report(step);
}

void step_yield(struct step *step) {
  step_wait(step, clock_now_ms());
}

bool step_should_stop(const struct step *step) {
  return step->cancelled || step->dropped;
}

bool step_sleep(struct step *step, int64_t ms) {
  const int64_t until_ms = clock_now_ms() + ms;
  while (!step_should_stop(step) && clock_now_ms() < until_ms)
    if (!step_wait(step, until_ms))
      return false;
  return !step_should_stop(step);
}

bool step_sent(struct step *step, const char *words) {
  outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_SENT, "%s", words);
  return true;
}

bool step_prove(struct step *step, enum object_result result, const char *format, ...) {
  struct outcome *outcome = step->call->outcome;
  va_list args;
  va_start(args, format);
  const char *words = arena_vprintf(&step->arena, format, args);
  va_end(args);
  outcome_set_all(outcome, OBJECT_SENT, result, "%s", words);
  outcome_proof(outcome, "%s", words);
  return true;
}

/* Whether the server refused (or what we know of it), not the connection that broke. */
static bool is_refusal(const struct err *err) {
  return err->kind == ERR_DENIED || err->kind == ERR_UNSUPPORTED || err->kind == ERR_INVALID ||
         err->kind == ERR_PROTOCOL;
}

void step_settle(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const char *why = step->err.text;
  if (step->verifies)
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_UNKNOWN,
                    "the server accepted it, but the result could not be read: %s", why);
  if (unanswered(step) > 0)
    outcome_set_all(outcome, OBJECT_PENDING, OBJECT_UNKNOWN, "sent, but no answer: %s", why);
  else if (is_refusal(&step->err))
    outcome_set_all(outcome, OBJECT_PENDING, OBJECT_REFUSED, "%s", why);
  else
    outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "nothing was sent: %s", why);
}

/* ---- for clients */

void step_add(struct step *step, struct step_part *part) {
  part->next = step->parts;
  step->parts = part;
}

void step_remove(struct step *step, struct step_part *part) {
  struct step_part **place = &step->parts;
  while (*place != part)
    place = &(*place)->next;
  *place = part->next;
}
