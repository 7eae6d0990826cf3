#include "operate/runbook/runbook_run.h"

#include <stdio.h>
#include <string.h>

const char *runbook_over_name(enum runbook_over over) {
  static const char *const names[] = {[RUNBOOK_DONE] = "done",
                                      [RUNBOOK_STOPPED] = "stopped",
                                      [RUNBOOK_FAILED] = "failed",
                                      [RUNBOOK_ABANDONED] = "abandoned"};
  return names[over];
}

void runbook_run_init(struct runbook_run *run, const struct runbook *runbook) {
  *run = (struct runbook_run){.runbook = runbook, .phase = RUNBOOK_READY};
}

const struct runbook_step *runbook_run_step(const struct runbook_run *run) {
  return &run->runbook->steps[run->step];
}

int runbook_run_place(const struct runbook *runbook, size_t step, enum runbook_result result,
                      size_t choice) {
  const struct runbook_step *at = &runbook->steps[step];
  const int place = result == RUNBOOK_HALT        ? RUNBOOK_STOP
                    : result == RUNBOOK_THEN      ? at->then
                    : result == RUNBOOK_OTHERWISE ? at->otherwise
                    : choice < at->choice_count   ? at->choices[choice].place
                                                  : RUNBOOK_STOP;
  if (place != RUNBOOK_NEXT)
    return place;
  return step + 1 < runbook->step_count ? (int)step + 1 : RUNBOOK_END;
}

static bool refuse(const struct runbook_run *run, const char *what, struct err *err) {
  return err_set(err, ERR_INVALID, "the run is at the step \"%.60s\": %s",
                 run->step < run->runbook->step_count ? runbook_run_step(run)->name : "", what);
}

static bool begin(struct runbook_run *run, const struct runbook_event *event, struct err *err) {
  if (run->phase != RUNBOOK_READY)
    return refuse(run, "no step can begin", err);
  if (!event->step || strcmp(event->step, runbook_run_step(run)->name) != 0)
    return refuse(run, "another step began", err);
  if (run->begun == RUNBOOK_BEGUN_MAX)
    return err_set(err, ERR_LIMIT, "more than %d steps: the runbook goes in a circle",
                   RUNBOOK_BEGUN_MAX);
  run->begun++;
  run->phase = RUNBOOK_OPEN;
  run->effect = false;
  *run->hash = '\0';
  snprintf(run->audit, sizeof run->audit, "%s", event->audit ? event->audit : "");
  return true;
}

static bool is_open(const struct runbook_run *run, const struct runbook_event *event,
                    struct err *err) {
  if (run->phase != RUNBOOK_OPEN)
    return refuse(run, "no step is open", err);
  return (event->step && strcmp(event->step, runbook_run_step(run)->name) == 0) ||
         refuse(run, "the result is of another step", err);
}

static bool result(struct runbook_run *run, const struct runbook_event *event, struct err *err) {
  const struct runbook_step *step = runbook_run_step(run);
  const bool asked = step->kind == RUNBOOK_ASK;
  if (event->result != RUNBOOK_HALT && (asked != (event->result == RUNBOOK_CHOICE) ||
                                        (asked && event->choice >= step->choice_count)))
    return refuse(run, "this is no result of such a step", err);
  const int place = runbook_run_place(run->runbook, run->step, event->result, event->choice);
  run->effect = false;
  run->phase = place >= 0 ? RUNBOOK_READY : RUNBOOK_ENDING;
  run->halted = place == RUNBOOK_STOP;
  if (place >= 0)
    run->step = (size_t)place;
  return true;
}

static bool over(struct runbook_run *run, const struct runbook_event *event, struct err *err) {
  const bool fits =
      run->phase == RUNBOOK_ENDING ? (event->over == RUNBOOK_STOPPED) == run->halted : false;
  if (run->phase == RUNBOOK_ENDED)
    return refuse(run, "the run has ended before", err);
  if (event->over != RUNBOOK_ABANDONED && !fits)
    return refuse(run, "the run cannot end here", err);
  run->over = event->over;
  run->phase = RUNBOOK_ENDED;
  return true;
}

static bool take(struct runbook_run *run, const struct runbook_event *event, struct err *err) {
  switch (event->kind) {
  case RUNBOOK_EVENT_BEGIN:
    return begin(run, event, err);
  case RUNBOOK_EVENT_EFFECT:
    if (!is_open(run, event, err))
      return false;
    run->effect = true;
    snprintf(run->hash, sizeof run->hash, "%s", event->hash ? event->hash : "");
    return true;
  case RUNBOOK_EVENT_RESULT:
    return is_open(run, event, err) && result(run, event, err);
  case RUNBOOK_EVENT_INTERRUPTED:
    if (!is_open(run, event, err))
      return false;
    run->phase = RUNBOOK_READY;
    return true;
  default:
    return over(run, event, err);
  }
}

bool runbook_run_take(struct runbook_run *run, const struct runbook_event *event, struct err *err) {
  if (!take(run, event, err))
    return false;
  run->changed_ms = event->at_ms;
  return true;
}
