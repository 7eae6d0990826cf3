/* How the plans of PostgreSQL's actions are filled: objects and their identities from rows of the
 * survey, and words for its results. */
#pragma once

#include "actions/postgres/postgres_found.h"

/* A column of a plan's objects, and the id of the survey's column that it shows; NULL: the row's
 * parent, or a text of the action. Numbers are aligned to the right. */
struct postgres_column {
  const char *title, *from;
};

/* What the plans of an action have in common. */
struct postgres_plan_spec {
  const struct postgres_column *columns; /* the first one without a title ends the list */
  /* Names, up to NULL. An identity with the name of one of the survey's columns has its value,
   * "name" is the object's label; the others are set by the action. */
  const char *const *identities;
  enum postgres_identity_scope scope;
};

/* Sets the columns, the identities, and the server that it is for. */
void postgres_plan_begin(const struct action_request *request, struct plan *plan,
                         const struct postgres_plan_spec *spec);
/* The survey's row as an object, by its key; its label is in column 0. NULL with err when there is
 * no room. */
struct plan_object *postgres_plan_add(const struct action_request *request, struct plan *plan,
                                      const struct postgres_plan_spec *spec, const struct row *row,
                                      struct err *err);
/* The same for the plan's only object, the survey's only row, of which it affects `count`. */
struct plan_object *postgres_plan_only(const struct action_request *request, struct plan *plan,
                                       const struct postgres_plan_spec *spec, int64_t count,
                                       const char *one, const char *many, struct err *err);
/* NULL: none. The plan has an identity of that name. */
void postgres_identify(struct plan *plan, struct plan_object *object, const char *name,
                       const char *value);
/* From the plan that a step executes or verifies; NULL if there is none. */
const char *postgres_identity(const struct step *step, size_t object, const char *name);
/* postgres_read with identities of the plan's object as values, by their names up to NULL. */
const struct pg_rows *postgres_read_identified(struct postgres_conn *conn, size_t columns,
                                               const char *sql, size_t object,
                                               const char *const *names);
/* The same with postgres_change. */
const struct pg_rows *postgres_change_identified(struct postgres_conn *conn, const char *sql,
                                                 size_t object, const char *const *names);
#define POSTGRES_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The rows of the survey's first table that were picked, each once, in the table's order; for a
 * parent, all its childless descendants. For free(). NULL with err when nothing is picked, or when
 * something no longer exists. Rows whose name cannot be sent back are skipped, and the plan warns
 * of it; when there are no others it is an error. */
const struct row **postgres_picked(const struct action_request *request, struct plan *plan,
                                   size_t *count, struct err *err);

/* ---- words, in the plan's arena */

/* "1 table", "12,430 dead rows" */
const char *postgres_counted(struct plan *plan, int64_t count, const char *one, const char *many);
const char *postgres_bytes(struct plan *plan, int64_t bytes);
