/* Removes an index that a failed CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY has left: no
 * query uses it, but every write keeps it up to date. */
#include "actions/postgres/maintenance/postgres_indexes.h"

#include "clients/postgres/postgres_contract.h"
#include "core/text/format.h"

#include <stdio.h>
#include <string.h>

enum { INVALID_MAX = 1000 };

/* ---- survey */

static const struct column_spec invalid_columns[] = {
    {.id = "name", .title = "INDEX", .flags = COLUMN_FLEX, .width = 20},
    {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES, .none = "locked"},
    {.id = "table", .title = "TABLE"},
    {.id = "origin", .title = "LEFT BY", .priority = 1},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
    {.id = "stamp", .title = "FILE", .flags = COLUMN_DETAIL},
};
static const struct table_spec invalid_table =
    POSTGRES_TABLE_SPEC("indexes", "Invalid indexes", invalid_columns);
enum {
  A_NAME,
  A_TABLE = 2,
  A_OID = 5,
  A_BUILDER = sizeof invalid_columns / sizeof *invalid_columns,
  A_COLUMNS
};

static const char invalid_sql[] =
    "WITH " POSTGRES_HELD " SELECT " POSTGRES_INDEX_NAME ", " POSTGRES_INDEX_SIZE ","
    " " POSTGRES_INDEX_TABLE ","
    " CASE WHEN i.relname ~ '_ccnew[0-9]*$' THEN 'REINDEX: the new one, not finished'"
    "  WHEN i.relname ~ '_ccold[0-9]*$' THEN 'REINDEX: the old one, not dropped'"
    "  ELSE 'CREATE INDEX: not finished' END,"
    " " POSTGRES_INDEX_PROBLEM ", i.oid, i.relfilenode, " POSTGRES_BUILDER POSTGRES_INDEX_FROM
    " LEFT JOIN held h ON h.relation = i.oid"
    " WHERE NOT x.indisvalid AND i.relkind = 'i' AND i.relpersistence <> 't'"
    " AND tn.nspname" POSTGRES_NO_SYSTEM " ORDER BY 2 DESC NULLS LAST, 1 LIMIT 1000";

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&invalid_table, &postgres_holders_table};
  struct postgres_conn *conn = postgres_indexes_open(step, tables, 2);
  const struct pg_rows *rows =
      postgres_read_names(conn, A_COLUMNS, invalid_sql, 0, postgres_no_values);
  if (!rows)
    return false;
  struct sample *sample = step->found;
  for (size_t i = 0; i < rows->rows; i++) {
    const char *builder = pg_cell(rows, i, A_BUILDER);
    if (builder) /* it is no candidate */
      sample_note(sample, invalid_table.id, NULL,
                  "%s is omitted: pid %s builds an index on its table",
                  postgres_key(conn, rows, i, A_NAME, A_OID), builder);
    else if (!postgres_row_named(conn, NULL, rows, i, A_TABLE))
      break;
  }
  if (rows->rows == INVALID_MAX)
    sample_note(sample, invalid_table.id, NULL, "only the first %d are shown", INVALID_MAX);
  if (sample->tables[0].row_count == 0)
    return step_fail(step, ERR_INVALID, "%s",
                     sample->note_count > 0 ? sample->notes[0].text
                                            : "there are no invalid indexes");
  return postgres_read_holders(step, conn);
}

STEP(survey, POSTGRES_STEP_MS)

/* ---- plan */

static const struct postgres_column columns[] = {
    {"SIZE", "bytes"}, {"TABLE", "table"}, {"LEFT BY", "origin"}, {0}};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  int64_t bytes = 0;
  bool unfinished = false;
  for (size_t i = 0; i < count; i++) {
    bytes += postgres_found_int(table, rows[i], "bytes");
    unfinished =
        unfinished || strstr(postgres_found_text(table, rows[i], "origin"), "not finished");
  }
  plan_say(plan, PLAN_BLAST, "frees %s; no query could use %s, but every write had to maintain it",
           postgres_bytes(plan, bytes), count == 1 ? "it" : "them");
  plan_say(plan, PLAN_BLAST, "reads and writes continue meanwhile");
  if (unfinished)
    plan_say(plan, PLAN_BLAST, "the intended index is still missing; build it again afterwards");
  plan_say(plan, PLAN_LOSS, "the index itself; its table keeps every row");
  plan_say(plan, PLAN_PRECONDITION,
           "it is still the same (oid, file and name), still invalid, and no session builds an "
           "index on its table (checked just before, in the same session)");
}

/* ---- execute, verify */

static const char check_sql[] =
    "SELECT CASE WHEN x.indisvalid THEN 'it is now valid: queries may use it'"
    " WHEN b.pid IS NOT NULL THEN 'pid ' || b.pid || ' builds an index there' END,"
    " " POSTGRES_INDEX_LOCK POSTGRES_INDEX_FROM ", LATERAL (SELECT " POSTGRES_BUILDER " AS pid) b"
    " WHERE i.oid = $1::oid AND i.relfilenode::text = $3::text"
    " AND $2::text = 'DROP INDEX CONCURRENTLY ' || " POSTGRES_INDEX_NAME;

static const char prove_sql[] = "SELECT count(*) = 0, NULL, 'dropped, ', 0, NULL"
                                " FROM pg_class i JOIN pg_namespace n ON n.oid = i.relnamespace"
                                " WHERE i.oid = $1::oid AND " POSTGRES_INDEX_NAME " = $2::text"
                                " AND i.relfilenode::text = $3::text";

static void freed(char out[POSTGRES_FIGURES_MAX], int64_t before, int64_t now) {
  char bytes[FORMAT_MAX] = "its space";
  (void)now;
  if (before >= 0)
    format_bytes(bytes, sizeof bytes, (double)before);
  snprintf(out, POSTGRES_FIGURES_MAX, "%s freed", bytes);
}

static const struct postgres_work drop = {
    .title = "Drop",
    .title_one = "Drop the invalid index",
    .objects = "invalid indexes",
    .one = "index",
    .many = "indexes",
    .before = "bytes",
    .columns = columns,
    .say = say,
    .check = check_sql,
    .check_stamp = true,
    .concurrently = true,
    .cancelled = "cancelled: the index still exists and is still invalid",
    .prove = prove_sql,
    .figures = freed,
    .together = "invalid indexes dropped, ",
};

POSTGRES_WORK_STEPS(drop, "DROP INDEX CONCURRENTLY")

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  const struct value problem = row->cells[POSTGRES_INDEXES_PROBLEM];
  return param == 0 && problem.type == VALUE_TEXT &&
         strcmp(problem.text, POSTGRES_INDEX_INVALID) == 0 &&
         postgres_indexes_preset(row, out, size);
}

const struct action action_postgres_drop_invalid_index = {
    .spec = {.id = "postgres.drop-invalid-index",
             .kind = "postgres",
             .context = POSTGRES_INDEXES_TABLE,
             .title = "drop invalid indexes",
             .past = "dropped",
             .what = "drops indexes left behind by a failed CREATE INDEX or REINDEX CONCURRENTLY",
             .runs = "DROP INDEX CONCURRENTLY index",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    .preset = preset,
    .survey = &survey_step,
    POSTGRES_WORK(drop),
};
