/* Short statements on things that a survey has listed, one after the other: replication slots,
 * prepared transactions. A person picks them; each is checked in the question right before its
 * effect, and sought again afterwards.
 *
 * The survey's table has a column "name" (the first), "oid" (any text that is not NULL; none: the
 * name is not valid UTF-8) and "problem" (why it would be refused; usually none). */
#pragma once

#include "actions/postgres/postgres_plan.h"

struct postgres_each {
  const struct table_spec *table;
  const char *sql;   /* of the survey: the table's columns; at most POSTGRES_EACH_MAX rows */
  const char *empty; /* the survey's error where there is none */
  struct postgres_plan_spec plan;
  const char *title;          /* before the name, and before the count: "Drop" */
  const char *one, *many;     /* "replication slot", "replication slots" */
  const char *const *checked; /* identities that `check`, `effect` and `prove` take, up to NULL */
  /* One column: why it is not done; NULL: it may be. No row: it no longer exists as planned. */
  const char *check;
  const char *effect; /* at least one row: it was done; NULL: the identity "statement" is sent */
  const char *prove;  /* one boolean: whether it no longer exists */
  void (*say)(const struct action_request *request, struct plan *plan,
              const struct row *const *rows, size_t count);
  const char *(*command)(struct plan *plan, const struct plan_object *object); /* as typed */
  const char *done;                                                            /* "dropped" */
  const char *proved;                             /* what `prove` shows; NULL: "no longer listed" */
  const char *database;                           /* to connect to; NULL: that of the target */
  void (*undo)(struct step *step, size_t object); /* sets the undo of what was sent; NULL: none */
};

enum { POSTGRES_EACH_MAX = 1000 };

bool postgres_each_survey(struct step *step, const struct postgres_each *each);
bool postgres_each_plan(const struct action_request *request, struct plan *plan,
                        const struct postgres_each *each, struct err *err);
bool postgres_each_execute(struct step *step, const struct postgres_each *each);
bool postgres_each_verify(struct step *step, const struct postgres_each *each);

/* All steps of an action, for its descriptor: POSTGRES_EACH_STEPS(drop), then POSTGRES_EACH(drop).
 */
#define POSTGRES_EACH_STEPS(each)                                                  \
  static bool each##_survey(struct step *step) {                                   \
    return postgres_each_survey(step, &(each));                                    \
  }                                                                                \
  static bool each##_plan(const struct action_request *request, struct plan *plan, \
                          struct err *err) {                                       \
    return postgres_each_plan(request, plan, &(each), err);                        \
  }                                                                                \
  static bool each##_execute(struct step *step) {                                  \
    return postgres_each_execute(step, &(each));                                   \
  }                                                                                \
  static bool each##_verify(struct step *step) {                                   \
    return postgres_each_verify(step, &(each));                                    \
  }                                                                                \
  STEP(each##_survey, POSTGRES_STEP_MS)                                            \
  STEP_CANCELLABLE(each##_execute, POSTGRES_STEP_MS)                               \
  STEP(each##_verify, POSTGRES_STEP_MS)
#define POSTGRES_EACH(each)                                                            \
  .survey = &each##_survey_step, .plan = each##_plan, .execute = &each##_execute_step, \
  .verify = &each##_verify_step
