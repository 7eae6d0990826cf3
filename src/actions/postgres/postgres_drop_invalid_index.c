/* Removes what a failed CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY has left: no query uses
 * it, but every write keeps it up to date. */
#include "actions/postgres/postgres_indexes.h"
#include "actions/postgres/postgres_tables.h"

#include "core/format.h"

#include <stdlib.h>
#include <string.h>

enum { INVALID_MAX = 1000 };

/* ---- survey */

static const struct column_spec invalid_columns[] = {
    {.id = "name", .title = "INDEX", .flags = COLUMN_FLEX, .width = 20},
    {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES},
    {.id = "table", .title = "TABLE"},
    {.id = "origin", .title = "LEFT BY", .priority = 1},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
    {.id = "file", .title = "FILE", .flags = COLUMN_DETAIL},
};
enum { C_NAME, C_BYTES, C_TABLE, C_ORIGIN, C_PROBLEM, C_OID, C_FILE };
static const struct table_spec invalid_table =
    POSTGRES_TABLE_SPEC("indexes", "Invalid indexes", invalid_columns);

/* What the answer has beside the table's columns, which come first. */
enum { A_BUILDER = C_FILE + 1, A_COLUMNS };

static const char invalid_sql[] =
    "WITH held AS (SELECT DISTINCT relation FROM pg_locks WHERE locktype = 'relation'"
    "  AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid())"
    " SELECT format('%I.%I', n.nspname, i.relname),"
    " CASE WHEN h.relation IS NULL THEN pg_relation_size(i.oid) END,"
    " format('%I.%I', tn.nspname, t.relname),"
    " CASE WHEN i.relname ~ '_ccnew[0-9]*$' THEN 'REINDEX: the new one, not finished'"
    "  WHEN i.relname ~ '_ccold[0-9]*$' THEN 'REINDEX: the old one, not dropped'"
    "  ELSE 'CREATE INDEX: not finished' END,"
    " CASE WHEN NOT pg_has_role(t.relowner, 'USAGE') THEN 'needs the rights of its owner, '"
    "  || pg_get_userbyid(t.relowner) END, i.oid, i.relfilenode,"
    " " POSTGRES_BUILDER POSTGRES_INDEX_FROM " LEFT JOIN held h ON h.relation = i.oid"
    " WHERE NOT x.indisvalid AND i.relkind = 'i' AND i.relpersistence <> 't' AND" POSTGRES_NO_SYSTEM
    " ORDER BY 2 DESC NULLS LAST, 1 LIMIT 1000";

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&invalid_table, &postgres_holders_table};
  struct postgres_conn *conn = postgres_indexes_open(step, tables, 2);
  const struct pg_rows *rows =
      conn ? postgres_read_names(conn, A_COLUMNS, invalid_sql, 0, postgres_no_values) : NULL;
  if (!rows)
    return false;
  struct sample *sample = step->found;
  struct table *table = &sample->tables[0];
  for (size_t i = 0; i < rows->rows; i++) {
    const char *builder = pg_cell(rows, i, A_BUILDER);
    const char *name = postgres_key(conn, rows, i, C_NAME, C_OID);
    if (builder) { /* it is no candidate */
      sample_note(sample, "indexes", NULL, "%s is omitted: pid %s builds an index on its table",
                  name, builder);
      continue;
    }
    struct row *row = postgres_row(sample, table, name, NULL, rows, i);
    if (!row)
      break;
    row->cells[C_NAME] = value_text(row->key);
    if (row->cells[C_BYTES].type == VALUE_NONE)
      row->cells[C_BYTES] = value_none("locked");
    if (postgres_is_broken(conn, i, C_NAME) || postgres_is_broken(conn, i, C_TABLE))
      postgres_row_unnamed(table, row);
  }
  if (rows->rows == INVALID_MAX)
    sample_note(sample, "indexes", NULL, "only the first %d are shown", INVALID_MAX);
  if (table->row_count == 0)
    return step_fail(step, ERR_INVALID, "%s",
                     sample->note_count > 0 ? sample->notes[0].text
                                            : "there are no invalid indexes");
  return postgres_read_holders(step, conn);
}

STEP(survey, POSTGRES_STEP_MS)

/* ---- plan */

static const struct plan_column columns[] = {{"SIZE", true}, {"TABLE", false}, {"LEFT BY", false}};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  int64_t bytes = 0;
  bool old = false;
  for (size_t i = 0; i < count; i++) {
    bytes += postgres_found_int(table, rows[i], "bytes");
    old = old || strstr(postgres_found_text(table, rows[i], "origin"), "not finished");
    if (*postgres_found_text(table, rows[i], "problem"))
      plan_say(plan, PLAN_WARNING, "%s will be refused: %s", rows[i]->key,
               postgres_found_text(table, rows[i], "problem"));
  }
  plan_say(plan, PLAN_BLAST, "frees %s; no query could use %s, but every write had to maintain it",
           postgres_bytes(plan, bytes), count == 1 ? "it" : "them");
  plan_say(plan, PLAN_BLAST, "reads and writes continue meanwhile");
  if (old)
    plan_say(plan, PLAN_BLAST, "the intended index is still missing; build it again afterwards");
  postgres_tables_warn_waits(plan, request);
  plan_say(plan, PLAN_LOSS, "the index itself; its table keeps every row");
  plan_say(plan, PLAN_PRECONDITION,
           "it is still the same (oid, file and name), still invalid, and no session builds an "
           "index on its table (checked just before, in the same session)");
  plan_say(plan, PLAN_PRECONDITION, "its table's lock is available within 3 s");
}

/* ---- execute, verify */

static const char check_sql[] =
    "SELECT CASE WHEN x.indisvalid THEN 'it is now valid: queries may use it'"
    " WHEN b.pid IS NOT NULL THEN 'pid ' || b.pid || ' builds an index there' END,"
    " " POSTGRES_INDEX_LOCK ", " POSTGRES_INDEX_INVALID POSTGRES_INDEX_FROM
    ", LATERAL (SELECT " POSTGRES_BUILDER " AS pid) b"
    " WHERE i.oid = $1::oid AND i.relfilenode::text = $3::text"
    " AND $2::text = format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, i.relname)";

static const char prove_sql[] =
    "SELECT count(*) FROM pg_class i JOIN pg_namespace n ON n.oid = i.relnamespace"
    " WHERE i.oid = $1::oid AND format('%I.%I', n.nspname, i.relname) = $2::text"
    " AND i.relfilenode::text = $3::text";

static bool judge(struct act *act, size_t object, const struct pg_rows *rows,
                  struct postgres_totals *totals) {
  char text[FORMAT_MAX];
  const char *before = act->plan->objects[object].identities[WORK_IDENTITY_BEFORE];
  const char *count = rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  int64_t bytes = before ? strtoll(before, NULL, 10) : 0;
  if (!count || *count != '0')
    return false;
  outcome_set(act->outcome, object, OBJECT_DONE, "dropped, %s freed",
              before ? format_bytes(text, sizeof text, (double)bytes) : "its room");
  totals->before += bytes;
  totals->known++;
  return true;
}

static void conclude(struct outcome *outcome, const struct postgres_totals *totals) {
  char text[FORMAT_MAX];
  outcome_proof(outcome, "%zu of %zu invalid indexes dropped, %s freed",
                outcome_count(outcome, OBJECT_DONE), outcome->count,
                format_bytes(text, sizeof text, (double)totals->before));
}

static const char *const cells[] = {"bytes", "table", "origin"};

static const struct postgres_work work = {
    .title_one = "Drop the invalid index",
    .title_many = "Drop",
    .objects = "invalid indexes",
    .unit_one = "index",
    .unit_many = "indexes",
    .before = "bytes",
    .stamp = "file",
    .columns = columns,
    .cells = cells,
    .column_count = sizeof columns / sizeof *columns,
    .say = say,
    .check = check_sql,
    .check_stamp = true,
    .concurrently = true,
    .cancelled = "cancelled: the index still exists and is still invalid",
    .prove = prove_sql,
    .judge = judge,
    .conclude = conclude,
};

POSTGRES_WORK_STEPS(work, "DROP INDEX CONCURRENTLY")

const struct action action_postgres_drop_invalid_index = {
    .spec = {.id = "postgres.drop-invalid-index",
             .kind = "postgres",
             .title = "drop invalid indexes",
             .past = "dropped",
             .what = "drops indexes left behind by a failed CREATE INDEX or REINDEX CONCURRENTLY",
             .runs = "DROP INDEX CONCURRENTLY index",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    .survey = &survey_step,
    .plan = make_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
