/* The inside of the pipeline: its state, and one operation on its way. */
#pragma once

#include "operate/pipeline_options.h"
#include "operate/words.h"

#include <uv.h>

/* Ages beyond which the model is too old to plan by. */
enum { PIPELINE_DATA_MS = 10000, PIPELINE_DATA_INTERVALS = 3 };

struct run;

/* A step is over: with what the survey has found (to be taken), or with what stopped it (borrowed).
 */
typedef void (*run_done)(struct run *run, struct sample *found, const struct err *err);

struct run {
  struct operation operation; /* first: what the view sees */
  struct pipeline *pipeline;
  const struct action *action;
  const struct target *target;
  bool dry;     /* never executed */
  bool adopted; /* its plan was made before, by whomever: its age is not ours to judge */
  bool ending;  /* closing: freed once its timer is closed */
  bool has_words;
  struct words words; /* picks as typed, until the survey is there */
  struct option_value *values;
  struct action_request request; /* of the survey under way */
  struct act act;
  const struct act_step *step; /* under way; NULL: none */
  run_done done;
  uv_timer_t deadline;
  bool recording;                          /* a line is being written */
  bool dropped;                            /* a step was: what was not answered may have happened */
  bool excused;                            /* the step's deadline was put off once */
  bool undoing;                            /* it takes another back */
  char *phrase;                            /* what was typed */
  int64_t begun_ms, planned_ms, agreed_ms; /* when each was reached */
};

struct pipeline {
  struct pipeline_options options;
  struct operations *operations; /* of the model */
  const struct action *const *actions;
  const struct action_spec **specs; /* of these */
  uv_timer_t closing;               /* only so that `closed` comes in a later turn */
  uint32_t serial;
  size_t runs; /* not yet freed, shown or not, and records that are being written */
  bool paused;
  char *undo;          /* of the last operation that has one */
  struct arena offers; /* texts and lines of the menu */
  char **menu_keys;    /* of the menu's subject */
  char *menu_table;
  char who[512]; /* texts of `self` */
  struct audit_who self;
  void (*closed)(void *arg);
  void *closed_arg;
};

void pipeline_changed(struct pipeline *pipeline);
int64_t pipeline_now(void);
struct run *run_of(struct operation *operation);
/* Ends the pipeline once it is closed and nothing is owed any more. */
void pipeline_finish(struct pipeline *pipeline);
/* Whether it may have an effect, and owes its outcome: INTENT to OUTCOME. */
bool is_begun(const struct operation *operation);
const struct action *pipeline_action(const struct pipeline *pipeline, const char *id);
/* An event of the target, or of `undo`. */
void pipeline_warn(struct pipeline *pipeline, const char *subject, const char *text);
/* NULL with err when there are too many. Takes its place among the operations, in front: what had
 * the dialog and is not begun is given up. */
struct run *run_new(struct pipeline *pipeline, const struct action *action, size_t target_index,
                    struct err *err);
/* There is one dialog: what had it and is not begun would never be seen again, so it is removed. */
void front_give_up(struct pipeline *pipeline);
void run_phase(struct run *run, enum operation_phase phase);
/* Ends it without an outcome. */
void run_fail(struct run *run, const struct err *err);
/* Takes it off the operations; frees it as soon as nothing is under way. */
void run_remove(struct run *run);
void run_free_texts(char **texts, size_t count);

/* pipeline_plan.c: from the beginning to the plan. */
void run_begin(struct run *run);
void run_form(struct run *run, const char *const *texts, size_t count);
void run_choose(struct run *run, const char *const *keys, size_t count);
void run_replan(struct run *run);
/* Whether the model knows the target of late; false with why. */
bool target_state_is_fresh(const struct pipeline *pipeline, size_t target_index, int64_t now_ms,
                           struct err *err) MUST_CHECK;
/* Whether every row of the request is there; false with the one that is gone. */
bool rows_are_there(const struct action_request *request, struct err *err) MUST_CHECK;
/* Whether the same is under way on one of the plan's objects; then true with which. */
bool run_meets_another(const struct run *run, const struct plan *plan, struct err *err);

/* pipeline_execute.c: from the agreement to the outcome. */
bool run_agree(struct run *run, const char *typed, struct err *err);
void run_cancel(struct run *run);
/* The program is left. */
void run_abandon(struct run *run);

/* pipeline_step.c: a step that waits; done comes once, unless it is dropped. */
void run_step(struct run *run, const struct act_step *step, run_done done);
void run_drop_step(struct run *run);

/* pipeline_record.c: the lines in the audit, and the event. */
void run_record(struct run *run, enum audit_event event, audit_done done);
/* The event of its outcome; unrecorded: why the outcome could not be written; NULL: it was. */
void run_tell(struct run *run, const struct err *unrecorded);
/* The event of an operation that was agreed to and not begun. */
void run_tell_refused(struct run *run, const struct err *err);

/* audit_kept_told. */
void pipeline_kept(void *arg, const struct audit_kept *kept);

/* pipeline_menu.c */
void menu_open(struct pipeline *pipeline, const struct subject *subject);
void menu_close(struct pipeline *pipeline);
/* Whether the action may begin for that subject now; false with why. */
bool action_may(struct pipeline *pipeline, const struct action *action,
                const struct subject *subject, struct err *why);
