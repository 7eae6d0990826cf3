/* Ends the session that holds up all others of the tree that the row is in. */
#include "actions/postgres_sessions.h"

/* The row at the top of the tree; NULL with why when it may not be terminated, or is no tree. */
static const struct row *root_find(const struct action_request *request, struct err *why) {
  const struct table *table = postgres_sessions_table(request);
  const struct row *row =
      table && request->key_count == 1 ? table_find(table, request->keys[0]) : NULL;
  if (!row) {
    err_set(why, ERR_INVALID,
            request->key_count > 1 ? "one at a time" : "it is not there any more");
    return NULL;
  }
  const struct row *root = postgres_session_root(table, row);
  struct value blocks = postgres_session_cell(table, root, "blocks");
  struct err err;
  if (root == row && !(blocks.type == VALUE_INT && blocks.integer > 0))
    err_set(why, ERR_UNSUPPORTED, "it waits for nobody, and nobody is known to wait for it");
  else if (postgres_session_check(table, root, POSTGRES_TERMINATE, &err))
    return root;
  else
    err_set(why, err.kind, "the root is %s: %.200s", postgres_session_text(table, root, "session"),
            err.text);
  return NULL;
}

static bool applies(const struct action_request *request, struct err *why) {
  return root_find(request, why) != NULL;
}

static bool plan_make(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct row *root = root_find(request, err);
  if (!root)
    return false;
  const struct table *table = postgres_sessions_table(request);
  plan->title = plan_printf(plan, "Terminate %s of %s, which holds up the others",
                            postgres_session_text(table, root, "session"), plan->target);
  return postgres_sessions_plan(table, &root, 1, POSTGRES_TERMINATE, plan, err);
}

const struct action action_postgres_terminate_root = {
    .spec = {.id = "postgres.terminate-root",
             .kind = "postgres",
             .table = "sessions",
             .key = 'R',
             .title = "terminate the root",
             .what = "ends the session at the root of the blocked tree, so that those who wait "
                     "for it go on",
             .runs = "pg_terminate_backend(pid)",
             .danger = DANGER_DESTRUCTIVE},
    .applies = applies,
    .plan = plan_make,
    .execute = &postgres_terminate_execute,
    .verify = &postgres_terminate_verify,
};
