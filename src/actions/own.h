/* Actions of the configuration: what programs and statements have in common.
 *
 * The plan shows what is filled in for one row. Before the effect the row is looked up again by its
 * collector, everything is filled in again, and what differs from the plan is refused. */
#pragma once

#include "actions/step.h"
#include "core/text/mask.h"
#include "model/own/own_action.h"

/* An action made from the configuration; created by action_list (action_list.h). */
struct own {
  struct action action; /* first */
  const struct own_action *def;
  struct step_kind survey, execute, verify;
  struct plan_column *columns; /* of its plans: the columns that it uses */
  const char **column_ids;
  size_t column_count;
};

struct own *own_new(const struct own_action *def);
void own_free(struct own *own);
/* The one that a plan or a request is for. */
const struct own *own_of(const struct action_spec *spec);

/* What is run for one row; texts in an arena. */
struct own_filled {
  char **argv;               /* NULL: a statement */
  const char *const *values; /* of the statement */
  char **verify;             /* NULL: none */
  const char *input;         /* NULL: none */
  /* What a plan pins: the command as one would type it, that of verify, the values of all
   * placeholders, and the action itself as it is in the configuration. */
  const char *run, *verify_run, *shown, *source;
};
bool own_fill(const struct own *own, const struct own_row *row, struct arena *arena,
              struct own_filled *filled, struct err *err) MUST_CHECK;

/* For applies and plan of an action. */
bool own_applies(const struct action_request *request, struct err *why);
bool own_plan(const struct action_request *request, struct plan *plan, struct err *err) MUST_CHECK;

/* In execute: looks the row up again and fills it in, in the step's arena. False: it is not what
 * was planned; the object then has its result, or step->err says why the row could not be looked
 * up. row and *filled are for the caller's effect, before it waits again. */
bool own_check(struct step *step, struct own_filled *filled, struct own_row *row);
/* What the output must not show: secrets of the target and of the program's variables. In the
 * step's arena; environment may be NULL. */
struct mask own_mask(struct step *step, const struct own *own, char *const *environment);
/* The step of verify: runs its program until that ends with 0. */
bool own_verify(struct step *step);

enum {
  OWN_SPARE_MS = 45000, /* of an execution beside its own timeout: the look, files, the kill */
};

/* Programs (own_program.c), and statements of PostgreSQL (postgres/postgres_own.c): sets the steps
 * of an action. */
void own_program_steps(struct own *own);
void own_postgres_steps(struct own *own);
