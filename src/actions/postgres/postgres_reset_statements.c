/* pg_stat_statements_reset(): resets the statement statistics of the database. */
#include "actions/postgres/postgres_plan.h"

#include "core/text/format.h"

#include <stdlib.h>
#include <string.h>

/* ---- survey */

enum {
  C_DATABASE,
  C_OID,
  C_COUNT_SQL = 4,
  C_STATEMENT = 6,
  C_ASKED,
  C_COUNT = C_ASKED,
  C_CALLS,
  C_SINCE
};
static const struct column_spec columns_found[] = {
    [C_DATABASE] = {.id = "database"},
    [C_OID] = {.id = "oid"},
    {.id = "wide"}, /* it clears all databases */
    {.id = "may"},
    [C_COUNT_SQL] = {.id = "count_sql"},
    {.id = "since_sql"},
    [C_STATEMENT] = {.id = "statement"},
    /* number of rows that the first question fetches */
    [C_COUNT] = {.id = "count", .unit = UNIT_COUNT},
    [C_CALLS] = {.id = "calls", .unit = UNIT_COUNT},
    [C_SINCE] = {.id = "since"},
};
static const struct table_spec found_table =
    POSTGRES_TABLE_SPEC("statements", "Statements", columns_found);

/* The extension may be in any schema. Before its version 1.7 (PostgreSQL 12) it can only clear all
 * databases at once; since 1.9 it reports the time of the last reset. */
#define EXTENSION_SQL                                                                         \
  "SELECT current_database()::text, d.oid::text, f.pronargs < 3,"                             \
  " has_function_privilege(f.oid, 'EXECUTE') AND has_schema_privilege(n.oid, 'USAGE'),"       \
  " format('SELECT count(*), sum(calls)::bigint FROM %I.pg_stat_statements WHERE dbid = %s'," \
  "  n.nspname, d.oid),"                                                                      \
  " CASE WHEN EXISTS (SELECT FROM pg_class i WHERE i.relnamespace = n.oid"                    \
  "   AND i.relname = 'pg_stat_statements_info')"                                             \
  "  THEN format('SELECT to_char(stats_reset, ''YYYY-MM-DD HH24:MI TZ'')"                     \
  " FROM %I.pg_stat_statements_info', n.nspname) END,"                                        \
  " CASE WHEN f.pronargs < 3 THEN format('SELECT %I.pg_stat_statements_reset()', n.nspname)"  \
  "  ELSE format('SELECT %I.pg_stat_statements_reset(0, %s, 0)', n.nspname, d.oid) END"       \
  " FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"                        \
  " JOIN pg_proc f ON f.pronamespace = n.oid AND f.proname = 'pg_stat_statements_reset'"      \
  " JOIN pg_database d ON d.datname = current_database()"                                     \
  " WHERE e.extname = 'pg_stat_statements'"

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&found_table};
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 1);
  const struct pg_rows *rows = postgres_read(conn, C_ASKED, EXTENSION_SQL, 0, postgres_no_values);
  if (!rows)
    return false;
  if (rows->rows == 0)
    return step_fail(step, ERR_UNSUPPORTED,
                     "the extension pg_stat_statements is not installed in that database");
  struct row *row = postgres_row_only(step, rows);
  if (!row)
    return false;
  /* where it is not loaded, the server says so */
  const struct table *table = &step->found->tables[0];
  const char *since_sql = postgres_found_text(table, row, "since_sql");
  rows =
      postgres_read(conn, 2, postgres_found_text(table, row, "count_sql"), 0, postgres_no_values);
  if (!rows)
    return false;
  row->cells[C_COUNT] = postgres_int(rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL, "not known");
  row->cells[C_CALLS] = postgres_int(rows->rows == 1 ? pg_cell(rows, 0, 1) : NULL, "not known");
  if (*since_sql && (rows = postgres_read(conn, 1, since_sql, 0, postgres_no_values)))
    row->cells[C_SINCE] =
        postgres_text(step->found, rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL, "not known");
  return postgres_is_up(conn);
}

/* ---- plan */

static const struct postgres_column columns[] = {
    {"STATEMENTS", "count"}, {"CALLS", "calls"}, {"SINCE", "since"}, {0}};
static const char *const identities[] = {"oid", "statement", "count", NULL};
static const struct postgres_plan_spec spec = {columns, identities, POSTGRES_OF_RUN};

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct row *row = postgres_found_row(request);
  if (!row)
    return err_set(err, ERR_INVALID, "the extension is not known");
  const struct value count = postgres_found(&request->found->tables[0], row, "count");
  const char *since = postgres_only_text(request, "since");
  if (count.type == VALUE_INT && count.integer == 0)
    return err_set(err, ERR_INVALID, "pg_stat_statements has no statements of %.100s", row->key);
  plan->title = plan_printf(plan, "Reset the statement statistics of %s", plan->target);
  struct plan_object *object =
      postgres_plan_only(request, plan, &spec, count.type == VALUE_INT ? count.integer : 1,
                         "statement", "statements", err);
  if (!object)
    return false;
  object->label = plan_printf(plan, "database %s", row->key);
  plan_say(plan, PLAN_EFFECT, "%s;", postgres_only_text(request, "statement"));
  if (postgres_is_true(postgres_only_text(request, "wide"))) {
    plan->whole = true;
    plan_say(plan, PLAN_BLAST, "resets the statistics of all databases of the server");
    plan_say(plan, PLAN_WARNING,
             "those of other databases are reset, too: this version cannot reset only one");
  } else {
    plan_say(plan, PLAN_BLAST, "resets %s of %s; other databases keep theirs",
             postgres_counted(plan, plan->count, "statement", "statements"), row->key);
  }
  plan_say(plan, PLAN_BLAST, "tools that compare with earlier figures lose their baseline");
  if (!postgres_is_true(postgres_only_text(request, "may")))
    plan_say(plan, PLAN_WARNING,
             "it will be refused: a superuser must GRANT EXECUTE on the function");
  plan_say(plan, PLAN_LOSS, "calls, times and rows by statement%s%s",
           since ? ", counted since " : "", since ? since : "");
  plan_say(plan, PLAN_PRECONDITION,
           "it is still the same database (oid), and the extension still in its schema");
  return true;
}

/* ---- execute, verify */

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  struct postgres_conn *conn = postgres_conn_open(step);
  if (!conn)
    return false;
  const struct pg_rows *rows = postgres_read(conn, C_ASKED, EXTENSION_SQL, 0, postgres_no_values);
  if (!rows)
    return postgres_refused(conn);
  if (rows->rows != 1 || strcmp(pg_cell(rows, 0, C_OID), action_identity(plan, 0, "oid")) != 0 ||
      strcmp(pg_cell(rows, 0, C_STATEMENT), action_identity(plan, 0, "statement")) != 0) {
    outcome_set(outcome, 0, OBJECT_GONE,
                "not reset: it is a different database, or the extension was dropped or moved");
    return true;
  }
  if (!postgres_change(conn, postgres_identity(step, 0, "statement"), 0, postgres_no_values))
    return postgres_refused(conn);
  outcome_set(outcome, 0, OBJECT_SENT, "reset");
  return true;
}

/* It keeps counting: statements that have run since are in it again, this one too. */
static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  char before[2 * FORMAT_MAX], now[FORMAT_MAX];
  struct postgres_conn *conn = postgres_conn_open(step);
  /* the server's own statement runs: a plan from a file may contain anything */
  const struct pg_rows *rows = postgres_read(conn, C_ASKED, EXTENSION_SQL, 0, postgres_no_values);
  if (rows && rows->rows == 1)
    rows = postgres_read(conn, 2, arena_printf(&step->arena, "%s", pg_cell(rows, 0, C_COUNT_SQL)),
                         0, postgres_no_values);
  if (!rows)
    return false;
  const char *cell = rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  if (!cell)
    return step_fail(step, ERR_PROTOCOL, "the statements could not be counted again");
  const char *planned = postgres_identity(step, 0, "count");
  outcome_set(outcome, 0, OBJECT_DONE, "%s before, %s since then",
              format_counted(before, sizeof before, planned ? strtoll(planned, NULL, 10) : 1,
                             "statement", "statements"),
              format_count(now, sizeof now, strtoll(cell, NULL, 10)));
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  return true;
}

STEP(survey, POSTGRES_STEP_MS)
STEP(execute, POSTGRES_STEP_MS)
STEP(verify, POSTGRES_STEP_MS)

const struct action action_postgres_reset_statements = {
    .spec = {.id = "postgres.reset-statements",
             .kind = "postgres",
             .title = "reset statement statistics",
             .past = "reset",
             .what = "resets the statistics of pg_stat_statements for the database",
             .runs = "SELECT pg_stat_statements_reset(0, database, 0)",
             .danger = DANGER_DESTRUCTIVE},
    STEPS,
};
