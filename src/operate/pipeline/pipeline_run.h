/* Internals of the pipeline: its state, and one running operation. */
#pragma once

#include "operate/command/words.h"
#include "operate/pipeline/pipeline_options.h"

#include <uv.h>

/* Ages beyond which the model's data is too old for a plan. */
enum { PIPELINE_DATA_MS = 10000, PIPELINE_DATA_INTERVALS = 3 };

struct run;

/* A step has ended: with the sample of the survey (to be taken), or with an error (borrowed). */
typedef void (*run_done)(struct run *run, struct sample *found, const struct err *err);

struct run {
  struct operation operation; /* first: visible to the view */
  struct pipeline *pipeline;
  const struct action *action;
  const struct target *target;
  bool dry;     /* never executed */
  bool adopted; /* its plan was made before, by any process: its age is not checked here */
  bool ending;  /* closing: freed once its timer is closed */
  bool has_words;
  struct words words; /* picks as typed, until the survey is there */
  struct option_value *values;
  struct action_request request; /* of the running survey */
  struct step_call call;
  const struct step_kind *step; /* the running step; NULL: none */
  run_done done;
  uv_timer_t deadline;
  bool recording; /* a line is being written */
  bool dropped;   /* a step was dropped: what was not answered may have taken effect */
  bool excused;   /* the step's deadline was extended once */
  bool undoing;   /* it undoes another operation */
  char *phrase;   /* typed confirmation */
  int64_t begun_ms, planned_ms, agreed_ms; /* when each phase was reached */
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
/* Ends the pipeline once it is closed and nothing is pending. */
void pipeline_finish(struct pipeline *pipeline);
/* Whether it may have had an effect and must record its outcome: INTENT to OUTCOME. */
bool is_begun(const struct operation *operation);
const struct action *pipeline_action(const struct pipeline *pipeline, const char *id);
/* An event of the target, or of `undo`. */
void pipeline_warn(struct pipeline *pipeline, const char *subject, const char *text);
/* NULL with err if there are too many. The new operation becomes the front one; an operation in the
 * dialog that has not started is removed. */
struct run *run_new(struct pipeline *pipeline, const struct action *action, size_t target_index,
                    struct err *err);
/* There is one dialog: an operation in it that has not started could never be shown again, so it is
 * removed. */
void front_give_up(struct pipeline *pipeline);
void run_phase(struct run *run, enum operation_phase phase);
/* Ends it without an outcome. */
void run_fail(struct run *run, const struct err *err);
/* Removes it from the operations; frees it once none of its steps is running. */
void run_remove(struct run *run);
void run_free_texts(char **texts, size_t count);

/* pipeline_plan.c: from the request to the plan. */
void run_begin(struct run *run);
void run_form(struct run *run, const char *const *texts, size_t count);
/* The rows that the action is for, before it begins. */
void run_pick(struct run *run, const char *const *keys, size_t count);
void run_choose(struct run *run, const char *const *keys, size_t count);
void run_replan(struct run *run);
/* Whether the model has recent data of the target; false with the reason. */
bool target_state_is_fresh(const struct pipeline *pipeline, size_t target_index, int64_t now_ms,
                           struct err *err) MUST_CHECK;
/* Whether all rows of the request exist; false with the first that does not. */
bool rows_are_there(const struct action_request *request, struct err *err) MUST_CHECK;
/* Whether the same action is in progress on an object of the plan; true with that object. */
bool run_meets_another(const struct run *run, const struct plan *plan, struct err *err);

/* pipeline_execute.c: from the confirmation to the outcome. */
bool run_agree(struct run *run, const char *typed, struct err *err);
void run_cancel(struct run *run);
/* stacktop exits. */
void run_abandon(struct run *run);

/* pipeline_step.c: runs a step; done is called once, unless the step is dropped. */
void run_step(struct run *run, const struct step_kind *step, run_done done);
void run_drop_step(struct run *run);

/* pipeline_record.c: the lines in the audit, and the event. */
void run_record(struct run *run, enum audit_event event, audit_done done);
/* Adds the event of its outcome. unrecorded: why the outcome could not be written; NULL: it was. */
void run_tell(struct run *run, const struct err *unrecorded);
/* Adds the event of an operation that was confirmed but not started. */
void run_tell_refused(struct run *run, const struct err *err);

/* audit_kept_told. */
void pipeline_kept(void *arg, const struct audit_kept *kept);

/* pipeline_menu.c */
void menu_open(struct pipeline *pipeline, const struct subject *subject);
/* As operations.may; arg: the pipeline. */
bool menu_may(void *arg, const struct action_spec *spec, const struct subject *subject);
void menu_close(struct pipeline *pipeline);
/* Whether the action can start for that subject now; false with the reason. */
bool action_may(struct pipeline *pipeline, const struct action *action,
                const struct subject *subject, struct err *why);
