#include "actions/service/service_step.h"

#include "clients/service/service_probe.h"
#include "core/mem.h"
#include "io/child.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a program */

struct running {
  struct step_part part; /* first */
  struct step *step;
  struct child *child; /* NULL: it has ended */
  bool change;
  struct service_run run;
  struct err err;
};

static void close_running(struct step_part *part) {
  struct running *running = (struct running *)part;
  if (running->child)
    child_cancel(running->child);
  free(running);
}

static size_t running_unanswered(const struct step_part *part) {
  const struct running *running = (const struct running *)part;
  return running->change && running->child;
}

static void last_line(char out[SERVICE_LINE_MAX], const char *output, size_t len) {
  while (len > 0 && strchr("\r\n\t ", output[len - 1]))
    len--;
  size_t start = len;
  while (start > 0 && output[start - 1] != '\n')
    start--;
  snprintf(out, SERVICE_LINE_MAX, "%.*s", (int)(len - start), output + start);
}

static void on_ended(void *arg, const struct child_result *result, const struct err *err) {
  struct running *running = arg;
  running->child = NULL;
  if (err) {
    running->err = *err;
  } else {
    running->run.exit_code = result->exit_code;
    running->run.took_us = result->took_us;
    last_line(running->run.line, result->output, result->output_len);
  }
  step_wake(running->step);
}

bool service_step_run(struct step *step, bool change, char *const *argv, int64_t timeout_ms,
                      struct service_run *run) {
  if (step->dropped)
    return step_wait(step, 0); /* which says why */
  struct running *running = mem_new(sizeof *running);
  const struct child_query query = {.argv = argv, .timeout_ms = timeout_ms};
  running->part = (struct step_part){.close = close_running, .unanswered = running_unanswered};
  running->step = step;
  running->change = change;
  step_add(step, &running->part);
  running->child = child_start(step->call->io, &query, on_ended, running);
  while (running->child) {
    if (!step_wait(step, INT64_MAX))
      return false; /* the frame closes it */
    if (step->cancelled && running->child)
      return step_fail(step, ERR_TIMEOUT, "cancelled while %.80s ran; it was killed", argv[0]);
  }
  *run = running->run;
  step->err = running->err;
  step_remove(step, &running->part);
  free(running);
  return step->err.kind == ERR_NONE;
}

/* ---- a look */

struct looking {
  struct step_part part; /* first */
  struct step *step;
  struct service_place place;
  struct service_probe *probe; /* NULL: it has ended */
  struct service_verdict verdict;
};

static void close_looking(struct step_part *part) {
  struct looking *looking = (struct looking *)part;
  if (looking->probe)
    service_probe_cancel(looking->probe);
  free(looking);
}

static void on_answer(void *arg, const struct service_answer *answer) {
  struct looking *looking = arg;
  looking->probe = NULL;
  service_judge(&answer->facts, &looking->place.rules, &looking->verdict);
  step_wake(looking->step);
}

bool service_step_look(struct step *step, int64_t timeout_ms, struct service_verdict *verdict) {
  if (step->dropped)
    return step_wait(step, 0);
  struct looking *looking = mem_new(sizeof *looking);
  looking->part = (struct step_part){.close = close_looking};
  looking->step = step;
  step_add(step, &looking->part);
  if (!service_place_read(step->call->target, &looking->place, &step->err))
    return false;
  looking->probe = service_probe_start(step->call->io, step->call->target, &looking->place,
                                       timeout_ms, on_answer, looking);
  while (looking->probe)
    if (!step_wait(step, INT64_MAX))
      return false;
  *verdict = looking->verdict;
  step_remove(step, &looking->part);
  free(looking);
  return true;
}
