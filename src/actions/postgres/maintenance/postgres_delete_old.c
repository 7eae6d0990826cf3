/* Deletes the rows of a table that exceed an age, in batches. Only from tables that the
 * configuration names, and nothing younger than it allows. */
#include "actions/postgres/maintenance/postgres_delete_old.h"

#include "actions/postgres/postgres_plan.h"
#include "actions/postgres/postgres_sql.h"

#include "model/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { P_TABLE, P_AGE, P_BATCH };
static const struct option params[] = {
    [P_TABLE] = {.name = "table",
                 .type = OPTION_TEXT,
                 .required = true,
                 .help = "a table of the target's `retention`, as written there",
                 .example = "audit_logs"},
    [P_AGE] = {.name = "age",
               .type = OPTION_DURATION,
               .min = RETENTION_MIN_MS,
               .max = RETENTION_MAX_MS,
               .help =
                   "delete rows older than this; at least the configured age, which is the default",
               .example = "120d"},
    [P_BATCH] = {.name = "batch",
                 .type = OPTION_INT,
                 .min = 1,
                 .max = 100000,
                 .fallback = "1000",
                 .help = "rows per transaction"},
};

static bool applies(const struct action_request *request, struct err *why) {
  return target_option(request->target, "retention")->item_count > 0 ||
         err_set(why, ERR_UNSUPPORTED,
                 "no table is configured; name them in `retention` of the target");
}

/* The configured retention of the table, with the age of the request. */
static bool retention_of(const struct action_request *request, struct retention *retention,
                         struct err *err) {
  const struct option_value *option = target_option(request->target, "retention");
  const char *table = request->texts[P_TABLE];
  char known[150] = "";
  for (size_t i = 0; i < option->item_count; i++) {
    size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", option->names[i]);
    if (strcmp(option->names[i], table) != 0)
      continue;
    if (!retention_parse(option->items[i], retention, err))
      return false;
    int64_t age_ms = request->params[P_AGE].set ? request->params[P_AGE].number : retention->age_ms;
    if (age_ms < retention->age_ms)
      return err_set(err, ERR_INVALID,
                     "the configuration keeps the rows of %.60s for %s; use at least that age",
                     table, strrchr(option->items[i], ' ') + 1);
    retention->age_ms = age_ms;
    return true;
  }
  return err_set(err, ERR_INVALID, "\"%.60s\" is not in the target's retention (%s)", table, known);
}

/* ---- survey */

enum { C_NAME, C_KIND = 2, C_COLUMN, C_TYPE = 5, C_STATEMENT = 12, C_ASKED = 17 };
static const struct column_spec table_columns[] = {
    [C_NAME] = {.id = "name"},
    {.id = "oid"},
    [C_KIND] = {.id = "kind"},
    [C_COLUMN] = {.id = POSTGRES_DELETE_COLUMN},
    {.id = "quoted"},
    [C_TYPE] = {.id = "type"},
    {.id = "may"},
    {.id = "indexed"},
    {.id = "bytes", .unit = UNIT_BYTES, .none = "locked"},
    {.id = "rows", .unit = UNIT_COUNT, .none = "not analyzed yet"},
    {.id = "triggers", .unit = UNIT_COUNT},
    {.id = "cascades"},
    [C_STATEMENT] = {.id = "statement"},
    {.id = "count_sql"},
    {.id = "explain_sql"},
    {.id = POSTGRES_DELETE_CUTOFF},
    {.id = "zone"},
    /* number of rows that the first question fetches */
    [C_ASKED] = {.id = "count", .unit = UNIT_COUNT},
    {.id = "exact", .unit = UNIT_COUNT}, /* 1: they were counted */
};
enum { C_COUNT = C_ASKED, C_EXACT };
static const struct table_spec table_spec = POSTGRES_TABLE_SPEC("table", "Table", table_columns);

static const char table_sql[] =
    "SELECT format('%I.%I', n.nspname, t.relname), t.oid::text, t.relkind::text, a.attname,"
    " format('%I', coalesce(a.attname, '')), format_type(a.atttypid, NULL),"
    " has_table_privilege(t.oid, 'DELETE') AND has_table_privilege(t.oid, 'SELECT'),"
    " EXISTS (SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m"
    "  ON m.oid = i.relam WHERE x.indrelid = t.oid AND x.indisvalid AND x.indpred IS NULL"
    "  AND x.indkey[0] = a.attnum AND m.amname IN ('btree', 'brin')),"
    " " POSTGRES_TABLE_FIGURES ","
    " (SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = t.oid AND NOT g.tgisinternal"
    "  AND g.tgtype & 8 <> 0),"
    " (SELECT string_agg(DISTINCT format('%I.%I', rn.nspname, r.relname), ', ') FROM pg_constraint "
    "c"
    "  JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace"
    "  WHERE c.confrelid = t.oid AND c.contype = 'f' AND c.confdeltype IN ('c', 'n', 'd')),"
    " " POSTGRES_DELETE_STATEMENT ","
    " format('SELECT count(*) FROM ONLY %I.%I WHERE %I < $1::timestamptz', n.nspname, t.relname,"
    "  coalesce(a.attname, '')),"
    " format('EXPLAIN (FORMAT JSON) SELECT 1 FROM ONLY %I.%I WHERE %I < $1::timestamptz',"
    "  n.nspname, t.relname, coalesce(a.attname, '')),"
    " " POSTGRES_MOMENT(
        "(clock_timestamp() - $3::bigint * interval '1 millisecond')") ","
                                                                       " current_setting('TimeZone'"
                                                                       ")"
                                                                       " FROM pg_class t JOIN "
                                                                       "pg_namespace n ON n.oid = "
                                                                       "t.relnamespace"
                                                                       " LEFT JOIN pg_attribute a "
                                                                       "ON a.attrelid = t.oid AND "
                                                                       "a.attname = $2::text AND "
                                                                       "a.attnum > 0"
                                                                       "  AND NOT a.attisdropped"
                                                                       " WHERE t.relkind IN ('r', "
                                                                       "'p') "
                                                                       "AND " POSTGRES_TABLE_CALLED
                                                                       " ORDER BY 2 LIMIT 2";

/* Reasons against it. */
static bool table_check(struct step *step, const struct pg_rows *rows, const char *column) {
  static const char *const types[] = {"timestamp with time zone", "timestamp without time zone",
                                      "date"};
  const char *name = pg_cell(rows, 0, C_NAME), *kind = pg_cell(rows, 0, C_KIND);
  const char *type = pg_cell(rows, 0, C_TYPE);
  if (!pg_cell(rows, 0, C_COLUMN))
    return step_fail(step, ERR_INVALID,
                     "%.100s has no column \"%.60s\"; check the target's retention", name, column);
  if (kind && *kind == 'p')
    return step_fail(
        step, ERR_UNSUPPORTED,
        "%.100s is partitioned; drop its old partitions, or name the partitions in `retention`",
        name);
  for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
    if (strcmp(types[i], type) == 0)
      return true;
  return step_fail(step, ERR_UNSUPPORTED,
                   "%.60s of %.100s has the type %.40s, not a timestamp or date", column, name,
                   type ? type : "something else");
}

/* Counts the old rows; uses the planner's estimate where that takes too long. */
static bool count_old(struct step *step, struct postgres_conn *conn, struct row *row) {
  static const char field[] = "\"Plan Rows\": ";
  const struct table *table = &step->found->tables[0];
  struct value *cells = row->cells;
  const char *const cutoff[] = {postgres_found_text(table, row, POSTGRES_DELETE_CUTOFF)};
  if (!postgres_ask(conn, "SET statement_timeout = '5s'", 0, NULL))
    return false;
  const struct pg_rows *rows =
      postgres_read(conn, 1, postgres_found_text(table, row, "count_sql"), 1, cutoff);
  cells[C_EXACT] = value_int(rows != NULL);
  if (rows && rows->rows == 1)
    cells[C_COUNT] = postgres_int(pg_cell(rows, 0, 0), NULL);
  if (cells[C_COUNT].type == VALUE_INT)
    return true;
  if (!rows && (step->err.kind != ERR_TIMEOUT || !postgres_is_up(conn)))
    return false;
  rows = postgres_read(conn, 1, postgres_found_text(table, row, "explain_sql"), 1, cutoff);
  if (!rows)
    return false;
  const char *json = rows->rows >= 1 ? pg_cell(rows, 0, 0) : NULL;
  const char *at = json ? strstr(json, field) : NULL;
  cells[C_COUNT] =
      at ? postgres_int(at + strlen(field), NULL) : value_none("could not be estimated");
  return true;
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&table_spec};
  const struct action_request *request = step->call->request;
  const char *typed = request->texts[P_TABLE];
  struct retention retention;
  if (!retention_of(request, &retention, &step->err))
    return false;
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 1);
  const struct pg_rows *rows = postgres_read_names(
      conn, C_ASKED,
      POSTGRES_VALUES(table_sql, typed, retention.column,
                      arena_printf(&step->arena, "%" PRId64, retention.age_ms)));
  if (!rows || !postgres_resolved(step, rows, typed) || !postgres_must_name(conn, rows, C_NAME) ||
      !postgres_must_name(conn, rows, C_STATEMENT) || !table_check(step, rows, retention.column))
    return false;
  struct row *row = postgres_row_only(step, rows);
  return row && count_old(step, conn, row);
}

STEP(survey, POSTGRES_STEP_MS)
STEP(postgres_delete_old_execute, 0)
STEP(postgres_delete_old_verify, POSTGRES_STEP_MS)

/* ---- plan */

static const struct postgres_column columns[] = {{"OLD ROWS", "count"},
                                                 {"OF ABOUT", "rows"},
                                                 {"SIZE", "bytes"},
                                                 {"CUT-OFF", POSTGRES_DELETE_CUTOFF},
                                                 {0}};
static const char *const identities[] = {"oid",
                                         "name",
                                         POSTGRES_DELETE_COLUMN,
                                         "statement",
                                         POSTGRES_DELETE_CUTOFF,
                                         POSTGRES_DELETE_BATCH,
                                         NULL};
static const struct postgres_plan_spec spec = {columns, identities, POSTGRES_OF_DATA};

static void say(const struct action_request *request, struct plan *plan, const char *about) {
  const struct table *table = &request->found->tables[0];
  const struct row *row = &table->rows[0];
  const char *cutoff = postgres_only_text(request, POSTGRES_DELETE_CUTOFF),
             *cascades = postgres_only_text(request, "cascades");
  const char *column = postgres_only_text(request, "quoted");
  long long batch = request->params[P_BATCH].number;
  int64_t triggers = postgres_found_int(table, row, "triggers");
  plan_say(plan, PLAN_EFFECT,
           "DELETE FROM ONLY %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM ONLY %s WHERE %s < '%s' "
           "LIMIT %lld)) AND %s < '%s'; again until there are none",
           row->key, row->key, column, cutoff, batch, column, cutoff);
  plan_say(plan, PLAN_BLAST, "deletes %s%s of %s whose %s is before %s", about,
           postgres_counted(plan, plan->count, "row", "rows"), row->key, column, cutoff);
  plan_say(plan, PLAN_BLAST,
           "%lld rows per transaction, with a pause of the same duration (at most 1 s) in between; "
           "Esc stops after the current batch",
           batch);
  plan_say(plan, PLAN_BLAST, "the space can be reused after a VACUUM; the files hardly shrink");
  if (*about)
    plan_say(plan, PLAN_WARNING,
             "counting did not finish within 5 s; the planner's estimate may be far off");
  if (!postgres_is_true(postgres_only_text(request, "indexed")))
    plan_say(plan, PLAN_WARNING, "no index starts with %s: every batch reads the whole table",
             column);
  if (triggers > 0)
    plan_say(plan, PLAN_WARNING, "%s on DELETE will fire",
             postgres_counted(plan, triggers, "trigger", "triggers"));
  if (cascades)
    plan_say(plan, PLAN_WARNING, "foreign keys also delete or change rows of: %s", cascades);
  if (!postgres_is_true(postgres_only_text(request, "may")))
    plan_say(plan, PLAN_WARNING, "it will be refused: needs DELETE and SELECT on the table");
  if (strcmp(postgres_only_text(request, "type"), "timestamp without time zone") == 0)
    plan_say(plan, PLAN_WARNING, "%s has no time zone; its values are taken as times in %s", column,
             postgres_only_text(request, "zone"));
  plan_say(plan, PLAN_LOSS, "the deleted rows: only a backup has them");
  plan_say(plan, PLAN_PRECONDITION,
           "the table and the column are still the same, and each row is still before the cut-off "
           "when it is deleted; the cut-off is fixed by this plan");
}

static bool delete_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct row *row = postgres_found_row(request);
  struct retention retention;
  if (!row)
    return err_set(err, ERR_INVALID, "the table is not known");
  if (!retention_of(request, &retention, err))
    return false;
  const struct table *table = &request->found->tables[0];
  struct value count = postgres_found(table, row, "count");
  if (count.type != VALUE_INT)
    return err_set(err, ERR_PROTOCOL, "how many rows it would be is not known");
  bool exact = postgres_found_int(table, row, "exact") != 0;
  if (exact && count.integer == 0)
    return err_set(err, ERR_INVALID, "nothing to do: no row of %.100s is before %s", row->key,
                   postgres_only_text(request, POSTGRES_DELETE_CUTOFF));
  plan->title = plan_printf(plan, "Delete old rows of %s of %s", row->key, plan->target);
  struct plan_object *object = postgres_plan_only(
      request, plan, &spec, count.integer > 0 ? count.integer : 1, "row", "rows", err);
  if (!object)
    return false;
  postgres_identify(plan, object, POSTGRES_DELETE_BATCH,
                    plan_printf(plan, "%lld", (long long)request->params[P_BATCH].number));
  say(request, plan, exact ? "" : "about ");
  return true;
}

const struct action action_postgres_delete_old = {
    .spec = {.id = "postgres.delete-old",
             .kind = "postgres",
             .title = "delete old rows",
             .past = "deleted",
             .what = "deletes rows of a configured table that are older than an age, in batches",
             .runs = "DELETE FROM table WHERE column < cut-off, 1000 at a time",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    .applies = applies,
    .survey = &survey_step,
    .plan = delete_plan,
    .execute = &postgres_delete_old_execute_step,
    .verify = &postgres_delete_old_verify_step,
};
