/* Questions of a step to a systemd manager: one call at a time. */
#pragma once

#include "actions/step.h"
#include "clients/systemd/systemd_read.h"

/* All properties of a unit, texts in the arena: one of the caller's own where it asks again and
 * again. False with step->err. A unit that systemd does not know has the load state not-found. */
bool systemd_step_unit(struct step *step, struct arena *arena, const char *name,
                       struct systemd_unit *unit);
/* The states of units by name; what systemd does not know is left out or not-found. */
bool systemd_step_entries(struct step *step, struct arena *arena, const char *const *names,
                          size_t count, struct systemd_entry *entries, size_t max, size_t *found);

/* How a change went: its answer, then the end of its job. */
struct systemd_job {
  bool refused;    /* systemd's answer is an error, in step->err: nothing was done */
  bool ended;      /* the job has ended, with `result` */
  char result[24]; /* "done", "failed", "timeout", "canceled", "dependency", "skipped", ... */
};
enum systemd_job_kind { SYSTEMD_JOB, SYSTEMD_JOB_NONE };
/* A change: METHOD(unit, "replace"), whose job is waited for until until_ms (then it is not ended)
 * or until a person cancels; SYSTEMD_JOB_NONE: METHOD(unit), done when it is answered. False with
 * step->err where it was not done, or where that is not known. A change that was sent and not
 * answered counts as unanswered. */
bool systemd_step_change(struct step *step, enum systemd_job_kind kind, const char *method,
                         const char *unit, int64_t until_ms, struct systemd_job *job);
