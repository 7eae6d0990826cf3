/* A runbook while it is run: its state on disk, its figures, its records, and the person at the
 * terminal. */
#pragma once

#include "actions/action_list.h"
#include "app/modes/runbook/runbook_figures.h"
#include "app/startup/options.h"
#include "audit/audit.h"
#include "operate/lock.h"
#include "operate/runbook/runbook_file.h"

enum { RUNBOOK_SAID_MAX = 1024 };

struct runbook_session {
  struct runtime *runtime;
  const struct config *config;
  const struct options *options;
  const struct action_list *list;
  const char *state; /* directory */
  struct runbook *runbook;
  struct runbook_values values;
  struct runbook_file *file;
  struct runbook_run run;
  struct runbook_figures figures;
  struct audit *audit;
  struct audit_who who;
  char who_texts[1024];
  struct lock lock;
  uint32_t serial;  /* of audit ids */
  int terminal;     /* -1: none */
  int64_t noted_ms; /* of the last line of progress */
};

/* Results of what a session does. */
enum runbook_go {
  RUNBOOK_GO_ON,
  RUNBOOK_GO_WAIT,    /* a person is needed, or has left: it can be resumed */
  RUNBOOK_GO_UNKNOWN, /* the same, at a step whose outcome is not known */
  RUNBOOK_GO_BROKEN,  /* err: its state or a record cannot be written */
};

/* ---- what is printed (runbook_print.c) */

/* Sanitised, line by line, each after the indent. */
void runbook_put(const struct options *options, const char *indent, const char *text);
void runbook_printf(const struct options *options, const char *indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "check that kafka.lag of main above 10,000", "act postgres.terminate ecap". Returns out. */
const char *runbook_step_text(char out[RUNBOOK_SAID_MAX], const struct runbook_step *step,
                              const struct runbook_values *values);
/* "check-lag", "the end", "stop". */
const char *runbook_place_text(const struct runbook *runbook, int place);
/* "stacktop -c FILE runbook resume ID". */
void runbook_put_resume(const struct runbook_session *session);

/* ---- the state (runbook_session.c) */

/* The event is on disk, and taken. */
bool runbook_note(struct runbook_session *session, struct runbook_event event,
                  struct err *err) MUST_CHECK;
/* A record of the open step in the audit log. result NULL: the intent. */
bool runbook_record(struct runbook_session *session, const char *result, const char *words,
                    struct err *err) MUST_CHECK;
/* That the run is verified, or that it is not, in the audit log: intent and outcome. `stacktop
 * runbook due` reads it. */
bool runbook_record_verified(struct runbook_session *session, bool held, const char *words,
                             struct err *err) MUST_CHECK;
/* The end of the open step: in the audit log, then in the state. */
bool runbook_result(struct runbook_session *session, enum runbook_result result, size_t choice,
                    const char *word, const char *words, struct err *err) MUST_CHECK;
/* One of the choices, which end with NULL; -1: nothing was chosen. There is a terminal. */
int runbook_choose(struct runbook_session *session, const char *question,
                   const char *const *choices);
/* Asks what became of the open step; may record its result. */
enum runbook_go runbook_decide(struct runbook_session *session, bool unknown, const char *words,
                               struct err *err);

/* ---- the steps (runbook_steps.c) */

/* Begins the step that is next and leads it to its end. */
enum runbook_go runbook_step_go(struct runbook_session *session, struct err *err);
/* An open step of an earlier process. */
enum runbook_go runbook_step_recover(struct runbook_session *session, struct err *err);
/* All conditions of verify; the run is over then. */
enum runbook_go runbook_verify(struct runbook_session *session, struct err *err);
