/* Ends the session that holds up all others of the tree that the row is in. */
#include "actions/postgres/postgres_sessions.h"

/* The row at the top of the row's tree; NULL with why when it may not be terminated, or is no tree.
 */
static const struct row *root_find(const struct table *table, const struct row *row,
                                   struct err *why) {
  const struct row *root = postgres_session_root(table, row);
  struct value blocks = postgres_session_cell(table, root, POSTGRES_SESSIONS_ID_BLOCKS);
  struct err err;
  if (root == row && !(blocks.type == VALUE_INT && blocks.integer > 0))
    err_set(why, ERR_UNSUPPORTED, "it waits for nobody, and nobody is known to wait for it");
  else if (postgres_session_check(table, root, POSTGRES_TERMINATE, &err))
    return root;
  else
    err_set(why, err.kind, "the root is %s: %.200s",
            postgres_session_text(table, root, POSTGRES_SESSIONS_ID_SESSION), err.text);
  return NULL;
}

/* Of a row that the model does not have the survey will tell. */
static bool applies(const struct action_request *request, struct err *why) {
  const struct table *table = postgres_sessions_table(request);
  if (request->key_count != 1)
    return err_set(why, ERR_INVALID,
                   request->key_count ? "one at a time" : "no session is selected");
  const struct row *row = table ? table_find(table, request->keys[0]) : NULL;
  return !row || root_find(table, row, why);
}

static bool plan_make(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct table *table = &request->found->tables[0];
  const struct row *row = postgres_session_found(request, request->keys[0], err);
  const struct row *root = row ? root_find(table, row, err) : NULL;
  if (!root)
    return false;
  plan->title =
      plan_printf(plan, "Terminate %s of %s, which holds up the others",
                  postgres_session_text(table, root, POSTGRES_SESSIONS_ID_SESSION), plan->target);
  return postgres_sessions_plan(request, &root, 1, POSTGRES_TERMINATE, plan, err);
}

const struct action action_postgres_terminate_root = {
    .spec = {.id = "postgres.terminate-root",
             .kind = "postgres",
             .table = POSTGRES_SESSIONS_TABLE,
             .key = 'R',
             .title = "terminate the root",
             .what = "ends the session at the root of the blocked tree, so that those who wait "
                     "for it go on",
             .runs = "pg_terminate_backend(pid)",
             .danger = DANGER_DESTRUCTIVE},
    .applies = applies,
    .row_named = postgres_session_named,
    .survey = &postgres_sessions_root_survey,
    .plan = plan_make,
    .execute = &postgres_terminate_execute,
    .verify = &postgres_terminate_verify,
};
