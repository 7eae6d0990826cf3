#include "actions/work.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>

enum { PROGRESS_MS = 200 };

struct working {
  struct step_part part; /* first */
  struct step *step;
  struct step_work *work; /* NULL: it has returned, and is the caller's */
  bool change;
  struct worker_pool *pool;
};

static void on_closed(void *arg) {
  (void)arg;
}

static void close_working(struct step_part *part) {
  struct working *working = (struct working *)part;
  if (working->work) /* its thread frees it */
    atomic_store(&working->work->stop, true);
  worker_pool_close(working->pool, on_closed, NULL);
  free(working);
}

static size_t unanswered(const struct step_part *part) {
  const struct working *working = (const struct working *)part;
  return working->change && working->work;
}

static void task_work(struct worker_task *task) {
  struct step_work *work = (struct step_work *)task;
  work->run(work);
}

static void task_drop(struct worker_task *task) {
  struct step_work *work = (struct step_work *)task;
  work->drop(work);
}

static void task_done(struct worker_task *task) {
  struct working *working = task->owner;
  working->work = NULL;
  step_wake(working->step);
}

static void report(struct step *step, struct step_work *work) {
  if (work->unit)
    step_progress(step, atomic_load(&work->done), atomic_load(&work->total), work->unit);
}

static bool wait_for(struct working *working) {
  struct step *step = working->step;
  int64_t stop_ms = INT64_MAX, moved_ms = clock_now_ms();
  long long done = 0;
  while (working->work) {
    if (step->cancelled && stop_ms == INT64_MAX) {
      atomic_store(&working->work->stop, true);
      stop_ms = clock_now_ms() + STEP_WORK_STOP_MS;
    }
    if (clock_now_ms() >= stop_ms)
      return step_fail(step, ERR_TIMEOUT, "cancelled, but the file system does not answer");
    if (atomic_load(&working->work->done) != done) {
      done = atomic_load(&working->work->done);
      moved_ms = clock_now_ms();
    }
    if (working->work->stall_ms && clock_now_ms() - moved_ms >= working->work->stall_ms)
      return step_fail(step, ERR_TIMEOUT, "the file system does not answer");
    if (!step_wait(step, clock_now_ms() + PROGRESS_MS))
      return false;
    if (working->work)
      report(step, working->work);
  }
  return true;
}

bool step_work(struct step *step, struct step_work *work) {
  if (step->dropped) {
    work->drop(work);
    return step_wait(step, 0); /* which says why */
  }
  struct working *working = mem_new(sizeof *working);
  working->part = (struct step_part){.close = close_working, .unanswered = unanswered};
  working->step = step;
  working->change = work->change;
  working->pool = worker_pool_new(step->call->io, 1);
  work->task = (struct worker_task){
      .work = task_work, .done = task_done, .drop = task_drop, .owner = working};
  step_add(step, &working->part);
  working->work = work;
  if (!worker_start(working->pool, &work->task, &step->err)) {
    working->work = NULL;
    work->drop(work);
    return false;
  }
  report(step, work);
  if (!wait_for(working))
    return false; /* the frame closes it */
  report(step, work);
  step_remove(step, &working->part);
  close_working(&working->part);
  return true;
}
