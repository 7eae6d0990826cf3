/* Work of a step that blocks or computes for long, such as reading a file system: it runs on a
 * thread of its own (io/worker.h), and the step waits for it. The loop and the screen go on. If it
 * hangs in the kernel, it is abandoned.
 *
 *   struct reading *reading = mem_new(sizeof *reading);
 *   reading->work = (struct step_work){.run = reading_run, .drop = reading_drop};
 *   if (!step_work(step, &reading->work))
 *     return false; // step->err says why; the frame frees it
 *   ... use it ...
 *   reading_drop(&reading->work); */
#pragma once

#include "actions/step.h"
#include "io/worker.h"

#include <stdatomic.h>

/* The first member of the input and result of the work. It owns all that it uses: nothing of the
 * step, the operation or the model, because it may outlive them. */
struct step_work {
  struct worker_task task; /* internal to work.c; first */
  /* On the thread: may block. Looks at `stop` often, and counts in `done`. */
  void (*run)(struct step_work *work);
  void (*drop)(struct step_work *work); /* frees it, on any thread */
  bool change;      /* it changes something: abandoned, its outcome is unknown */
  const char *unit; /* of `done`, static: "files"; NULL: no progress is shown */
  int64_t stall_ms; /* abandoned when `done` has not changed for so long; 0: never */

  atomic_bool stop;         /* it is cancelled or abandoned: return at the next safe point */
  atomic_llong done, total; /* total 0: not known */
};

/* How long cancelled work may take to reach a safe point before it is abandoned. */
enum { STEP_WORK_STOP_MS = 3000 };

/* True: `run` has returned, and the caller owns the work again; it may have been cancelled
 * (step->cancelled). False with step->err: no thread could be started, the step is dropped, or the
 * work stalls or does not return after a cancel; it is then freed when it returns. */
bool step_work(struct step *step, struct step_work *work);
