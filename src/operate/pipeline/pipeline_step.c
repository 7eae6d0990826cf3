/* A step of an action: started, watched by its deadline, ended or dropped. */
#include "core/text/format.h"
#include "io/clock.h"
#include "operate/pipeline/pipeline_run.h"

#include <stdlib.h>

/* A deadline noticed this late means that stacktop itself was not running. */
enum { LATE_MS = 1000 };

static void on_changed(struct step_call *call) {
  struct run *run = call->pipeline;
  struct operation *operation = &run->operation;
  const int64_t took = clock_now_ms() - operation->phase_ms;
  if (operation->phase == OPERATION_EXECUTE)
    operation->execute_ms = took;
  else if (operation->phase == OPERATION_VERIFY)
    operation->verify_ms = took;
  pipeline_changed(run->pipeline);
}

static void on_look(struct step_call *call) {
  struct run *run = call->pipeline;
  const struct pipeline_options *options = &run->pipeline->options;
  options->look(options->arg, call->target_index);
}

static void step_over(struct run *run, struct sample *found, const struct err *err) {
  run_done done = run->done;
  run->step = NULL;
  uv_timer_stop(&run->deadline);
  if (run->ending) { /* its caller has dropped it */
    sample_free(found);
    run_remove(run);
    return;
  }
  done(run, found, err);
}

static void on_end(struct step_call *call, struct sample *found, const struct err *err) {
  struct err copy = err ? *err : (struct err){0};
  step_over(call->pipeline, found, err ? &copy : NULL);
}

static void on_deadline(uv_timer_t *timer);

static void deadline_set(struct run *run) {
  const int64_t ms = run->step->timeout_ms;
  run->call.deadline_ms = ms > 0 ? clock_now_ms() + ms : INT64_MAX;
  if (ms == 0)
    return;
  uv_update_time(run->pipeline->options.io->loop);
  uv_timer_start(&run->deadline, on_deadline, (uint64_t)ms, 0);
}

static void on_deadline(uv_timer_t *timer) {
  struct run *run = timer->data;
  if (clock_now_ms() > run->call.deadline_ms + LATE_MS && !run->excused) {
    run->excused = true; /* stacktop was stopped: the answer may be unread in the socket */
    deadline_set(run);
    return;
  }
  struct err err;
  char text[FORMAT_MAX];
  int64_t limit = run->step->timeout_ms;
  run->step->drop(&run->call);
  run->dropped = true;
  err_set(&err, ERR_TIMEOUT,
          run->operation.phase == OPERATION_VERIFY ? "not verified within %s"
                                                   : "no answer within %s",
          format_duration(text, sizeof text, (double)limit / 1000));
  step_over(run, NULL, &err);
}

void run_step(struct run *run, const struct step_kind *step, run_done done) {
  struct operation *operation = &run->operation;
  run->step = step;
  run->done = done;
  run->dropped = run->excused = false;
  operation->progress = (struct progress){0};
  operation->stoppable = step->cancel;
  run->call = (struct step_call){
      .io = run->pipeline->options.io,
      .target = run->target,
      .request = &run->request,
      .plan = operation->plan,
      .outcome = operation->began ? &operation->outcome : NULL,
      .progress = &operation->progress,
      .state = run->pipeline->options.state,
      .model = run->pipeline->options.model,
      .target_index = operation->target_index,
      .look = run->pipeline->options.look ? on_look : NULL,
      .changed = on_changed,
      .end = on_end,
      .pipeline = run,
  };
  deadline_set(run);
  step->start(&run->call);
}

void run_drop_step(struct run *run) {
  if (!run->step)
    return;
  run->step->drop(&run->call);
  run->step = NULL;
  uv_timer_stop(&run->deadline);
}
