/* An action: a const descriptor, one file each, one line in actions.def.
 *
 * The pipeline (app) leads each through the same steps: applies, survey, plan, [a person confirms,
 * the intent is on disk], execute, verify, [the outcome is on disk]. Calls come on the loop's
 * thread and never wait. */
#pragma once

#include "io/io.h"
#include "model/action/operation.h"
#include "model/model.h"

struct action;

enum { ACTION_PRESET_MAX = 320 };

/* The arguments of an action. All borrowed for the call. */
struct action_request {
  const struct action *action;
  const struct model *model;
  size_t target_index;
  const struct target *target;
  const char *table; /* of the rows; NULL: the target itself */
  const char *const *keys;
  size_t key_count;
  const struct option_value *params; /* one per param of the spec, parsed; absent in `applies` */
  const char *const *texts;          /* as typed; NULL where unset */
  const struct sample *found;        /* result of the survey; NULL if there is none */
  const char *const *chosen;         /* keys of the rows of its first table that were picked */
  size_t chosen_count;
  int64_t now_ms;    /* wall time: for "an hour ago" and names of files */
  const char *state; /* folder for files such as undo; NULL when there is none */
  /* The person that acts, for servers that keep a name: the login before sudo, else the user; NULL:
   * not known. */
  const char *who;
};

/* One step that waits: survey, execute or verify. Created and owned by the pipeline; lives from
 * start until end, or until drop returns. */
struct step_call {
  struct io *io;
  const struct target *target;
  const struct action_request *request; /* survey: everything in it but `found` outlives the call */
  const struct plan *plan;              /* execute, verify */
  struct outcome *outcome;              /* execute, verify: filled object by object */
  struct progress *progress;
  int64_t deadline_ms; /* when the pipeline drops it; INT64_MAX: never */
  const char *state;   /* folder for files such as undo; never NULL in execute */
  const struct model *model;
  size_t target_index;
  /* Collects the target now: a new sample or error follows in the model (actions/look.h). NULL: not
   * possible. */
  void (*look)(struct step_call *call);
  /* Something in outcome or progress changed. */
  void (*changed)(struct step_call *call);
  /* Exactly once, never before start returns, unless dropped first. survey: takes found. err
   * (borrowed) is the error that stopped it; NULL: it ran to its end, whatever the results of the
   * objects. The call must not be touched afterwards. */
  void (*end)(struct step_call *call, struct sample *found, const struct err *err);
  void *pipeline; /* private to the step */
  void *self;     /* private to the action */
};

struct step_kind {
  int64_t timeout_ms; /* 0: no limit (a person can cancel) */
  void (*start)(struct step_call *call);
  /* A person cancels: the step ends at the next safe point, with ERR_NONE and the text "cancelled"
   * or what has been reached; objects that were not attempted are OBJECT_SKIPPED. NULL: too short
   * to be stopped midway. */
  void (*cancel)(struct step_call *call);
  /* The deadline has passed, or the program quits: forget the call at once, close the connection,
   * call nothing. What was sent and not answered is OBJECT_UNKNOWN (set before return). Its own
   * memory and handles may be closed later on the loop. */
  void (*drop)(struct step_call *call);
};

struct action {
  struct action_spec spec;
  /* Whether it can be offered for these rows, from the model alone: cheap, pure, called for every
   * line of the menu. False with the reason, as in "autovacuum worker: only client sessions". NULL:
   * always. */
  bool (*applies)(const struct action_request *request, struct err *why);
  /* A preset of the parameter from a row of the spec's context; false: none. With a choice, that
   * of the parameter `param_count` is the row of the survey that is then chosen. NULL without
   * context. */
  bool (*preset)(const struct row *row, size_t param, char *out, size_t size);
  /* For rows that the model may lack, because its list is cut or older: the key of the row that a
   * word names, as part of the word; NULL where it names none. If set, the survey and not the model
   * says which rows exist. If NULL, the model does. */
  const char *(*row_named)(const char *word);
  const struct step_kind *survey; /* reads only; NULL: the model is enough */
  /* Pure. Fills title, objects, texts (and name, unit, count where the default is wrong). False
   * with err when there is no plan: nothing to do, or a precondition does not hold. */
  bool (*plan)(const struct action_request *request, struct plan *plan, struct err *err);
  /* Of an action that only reads (DANGER_NONE): what can be done about a row of its survey, as the
   * arguments of `stacktop plan`. False with the reason why nothing can. NULL: never anything. */
  bool (*next)(const struct action_request *request, const struct row *row, char *out, size_t size,
               struct err *why);
  /* Acts on the plan's objects only; checks the identity again in the effect itself; never retries.
   */
  const struct step_kind *execute;
  /* Turns SENT into DONE or says why not; NULL: the answers to execute are the proof. */
  const struct step_kind *verify;
};

/* The built-in ones, from actions.def; ends with NULL. Those of the configuration come to them in a
 * list of the same form (actions/action_list.h). */
extern const struct action *const actions[];
/* Their specs, in the same order; ends with NULL. */
extern const struct action_spec *const action_specs[];
const struct action *action_find(const char *id); /* of these; NULL if there is none */
/* In a list that ends with NULL. */
const struct action *action_find_in(const struct action *const *list, const char *id);

/* The collector's table in the model; NULL if there is none, and for table NULL. */
const struct table *action_table(const struct action_request *request, const char *table);
/* The row of the model that a request names; NULL if it no longer exists. */
const struct row *action_row(const struct action_request *request, size_t index);
/* A text of the collector from the only row of a table, such as the summary; NULL where it is not a
 * text. */
const char *action_collected(const struct action_request *request, const char *table,
                             const char *column);

/* The parameters of an action's spec: a static array. */
#define ACTION_PARAMS(array) .params = (array), .param_count = sizeof(array) / sizeof *(array)
/* The columns of the plan's objects and the names of their identities: two static arrays. */
#define ACTION_OBJECTS(plan, column_array, identity_array)               \
  ((plan)->columns = (column_array),                                     \
   (plan)->column_count = sizeof(column_array) / sizeof *(column_array), \
   (plan)->identities = (identity_array),                                \
   (plan)->identity_count = sizeof(identity_array) / sizeof *(identity_array))
/* The cells of the plan's newest object, one per column; NULL: empty. They live as long as the
 * plan. */
#define ACTION_CELLS(plan, ...)                            \
  action_cells((plan), (const char *const[]){__VA_ARGS__}, \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
void action_cells(struct plan *plan, const char *const *cells, size_t count);
/* Sets an identity of the plan's newest object; asserts that the plan has one of that name. The
 * value lives as long as the plan. */
void action_bind(struct plan *plan, const char *name, const char *value);
void action_bind_number(struct plan *plan, const char *name, int64_t number);
void action_bind_all(struct plan *plan, const char *name, const char *value); /* of all objects */
/* The identity of the plan's object by its name; "" if there is none. */
const char *action_identity(const struct plan *plan, size_t object, const char *name);
/* The same as a number; the fallback where it is "" or not a number. */
int64_t action_identity_number(const struct plan *plan, size_t object, const char *name,
                               int64_t fallback);
bool action_has_identity(const struct plan *plan, const char *name);
