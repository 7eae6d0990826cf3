/* A run of a runbook: which step is next, what is open, how it ended. A state machine without input
 * or output: every change is an event, which is on disk before it is taken (runbook_file.h), so
 * that the events read back lead to the same state. */
#pragma once

#include "model/runbook/runbook.h"

enum { RUNBOOK_BEGUN_MAX = 1000, RUNBOOK_AUDIT_MAX = 64, RUNBOOK_HASH_MAX = 80 };

enum runbook_event_kind {
  RUNBOOK_EVENT_BEGIN,       /* a step begins: it may be asked, shown, planned */
  RUNBOOK_EVENT_EFFECT,      /* from here on it may have changed something */
  RUNBOOK_EVENT_RESULT,      /* its end */
  RUNBOOK_EVENT_INTERRUPTED, /* it had no effect: it is to be begun again */
  RUNBOOK_EVENT_OVER,        /* the run has ended */
};

enum runbook_result {
  RUNBOOK_THEN,
  RUNBOOK_OTHERWISE,
  RUNBOOK_CHOICE, /* ASK: see choice */
  RUNBOOK_HALT,   /* the run stops here, whatever the step's places are */
};

enum runbook_over {
  RUNBOOK_DONE,      /* to its end, and verified */
  RUNBOOK_STOPPED,   /* a step led to "stop" */
  RUNBOOK_FAILED,    /* to its end, and not verified */
  RUNBOOK_ABANDONED, /* by a person */
};
/* "done", "stopped", "failed", "abandoned". */
const char *runbook_over_name(enum runbook_over over);

/* Texts are borrowed for the call. */
struct runbook_event {
  enum runbook_event_kind kind;
  int64_t at_ms;
  const char *step;  /* its name; OVER: NULL */
  const char *audit; /* BEGIN: id of its record in the audit log */
  const char *hash;  /* EFFECT of ACT: of the plan; NULL otherwise */
  enum runbook_result result;
  size_t choice;
  enum runbook_over over;
  const char *words; /* RESULT, OVER: what was found or done; may be NULL */
};

enum runbook_phase {
  RUNBOOK_READY,  /* `step` is to begin */
  RUNBOOK_OPEN,   /* `step` has begun */
  RUNBOOK_ENDING, /* the steps are done: to verify, unless `halted` */
  RUNBOOK_ENDED,
};

struct runbook_run {
  const struct runbook *runbook;
  enum runbook_phase phase;
  size_t step;
  size_t begun;                  /* steps so far */
  bool effect;                   /* OPEN: it may have changed something */
  bool halted;                   /* ENDING: stopped, so that nothing is verified */
  char audit[RUNBOOK_AUDIT_MAX]; /* OPEN: id of the record of the step */
  char hash[RUNBOOK_HASH_MAX];   /* OPEN: of its plan; "" */
  enum runbook_over over;        /* ENDED */
  int64_t changed_ms;            /* of the last event */
};

void runbook_run_init(struct runbook_run *run, const struct runbook *runbook);
/* Takes the event. False with err if it does not fit: a file that was edited, or an error of ours.
 */
bool runbook_run_take(struct runbook_run *run, const struct runbook_event *event,
                      struct err *err) MUST_CHECK;
const struct runbook_step *runbook_run_step(const struct runbook_run *run);
/* Where the result would lead: the index of a step, RUNBOOK_END or RUNBOOK_STOP. */
int runbook_run_place(const struct runbook *runbook, size_t step, enum runbook_result result,
                      size_t choice);
