/* VACUUM FULL: rewrites each table without the space of dead rows, and returns the rest to the
 * file system. All use of the table waits meanwhile, and it needs room for the copy. */
#include "actions/postgres/maintenance/postgres_holders.h"
#include "actions/postgres/maintenance/postgres_room.h"
#include "actions/postgres/maintenance/postgres_tables.h"
#include "actions/postgres/maintenance/postgres_work.h"
#include "actions/postgres/postgres_sql.h"

#include "clients/postgres/postgres_contract.h"
#include "core/text/format.h"

/* Of a disk that does little else; the plan says that it is a guess. */
enum { TABLES_MAX = 5000, BYTES_PER_SECOND = 50 << 20 };

/* ---- survey */

static const struct column_spec columns[] = {
    {.id = "name", .title = "TABLE", .flags = COLUMN_FLEX, .width = 20},
    {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES, .none = "locked"},
    {.id = "live", .title = "ROWS", .unit = UNIT_COUNT, .priority = 2},
    {.id = "dead", .title = "DEAD", .unit = UNIT_COUNT},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
    {.id = "stamp", .title = "FILE", .flags = COLUMN_DETAIL},
    {.id = "place", .title = "TABLESPACE", .flags = COLUMN_DETAIL},
};
enum { COLUMNS = sizeof columns / sizeof *columns };
static const struct table_spec full_table = POSTGRES_TABLE_SPEC("tables", "Tables", columns);

/* The formatter cannot set SQL. */
// clang-format off
static const char tables_sql[] =
  "WITH " POSTGRES_HELD ", " POSTGRES_HELD_TABLES
  " SELECT format('%I.%I', n.nspname, c.relname),"
  " CASE WHEN h.oid IS NULL THEN pg_total_relation_size(c.oid) END AS bytes,"
  " pg_stat_get_live_tuples(c.oid), pg_stat_get_dead_tuples(c.oid),"
  " CASE WHEN NOT " POSTGRES_MAY_MAINTAIN " THEN " POSTGRES_NEEDS_OWNER("c")
  "  WHEN h.oid IS NOT NULL THEN 'locked exclusively by another session' END,"
  " c.oid, c.relfilenode, " POSTGRES_PLACE("c")
  " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
  " JOIN pg_database d ON d.datname = current_database()"
  " LEFT JOIN held_tables h ON h.oid = c.oid"
  " WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname" POSTGRES_NO_SYSTEM
  " ORDER BY bytes DESC NULLS LAST, 1 LIMIT 5001";
// clang-format on

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&full_table, &postgres_holders_table,
                                                    &postgres_room_table};
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 3);
  const struct pg_rows *rows =
      postgres_read_names(conn, COLUMNS, tables_sql, 0, postgres_no_values);
  if (!rows)
    return false;
  for (size_t i = 0; i < rows->rows && i < TABLES_MAX; i++)
    if (!postgres_row_named(conn, NULL, rows, i, 0))
      break;
  postgres_found_cut(step->found, rows, TABLES_MAX);
  return postgres_read_holders(step, conn) && postgres_note_hidden_holders(step, conn) &&
         postgres_read_room(step, conn);
}

STEP(survey, POSTGRES_STEP_MS)

/* ---- plan */

static const struct postgres_column shown[] = {
    {"SIZE", "bytes"}, {"ROWS", "live"}, {"DEAD", "dead"}, {0}};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  int64_t bytes = 0;
  char about[FORMAT_MAX];
  for (size_t i = 0; i < count; i++)
    bytes += postgres_found_int(table, rows[i], "bytes");
  plan_say(plan, PLAN_BLAST, "rewrites %s with all indexes, %s in total, one after the other",
           count == 1 ? "the table" : postgres_counted(plan, (int64_t)count, "table", "tables"),
           postgres_bytes(plan, bytes));
  plan_say(plan, PLAN_WARNING,
           "takes ACCESS EXCLUSIVE: every read and write of the table waits until it is done, "
           "about %s at 50 MB/s",
           format_duration(about, sizeof about, (double)bytes / BYTES_PER_SECOND + 1));
  plan_say(plan, PLAN_WARNING,
           "writes up to %s of WAL; postgres.vacuum makes the space reusable without that lock",
           postgres_bytes(plan, bytes));
  postgres_holders_warn_rows(plan, request, rows, count);
  plan_say(plan, PLAN_LOSS, "access to the table until then; its rows stay");
  plan_say(plan, PLAN_PRECONDITION, "the table is still the same (oid, file and name)");
  plan_say(plan, PLAN_PRECONDITION,
           "the role owns the table or the database, or (from PostgreSQL 17) has MAINTAIN on it");
}

/* ---- execute, verify */

static const char check_sql[] =
    "SELECT CASE WHEN NOT " POSTGRES_MAY_MAINTAIN
    "  THEN 'permission denied: the rights of the table''s or the database''s owner are needed'"
    " END, NULL, NULL FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_database d ON d.datname = current_database() WHERE c.oid = $1::oid"
    " AND c.relfilenode::text = $3::text"
    " AND $2::text = format('VACUUM (FULL, ANALYZE) %I.%I', n.nspname, c.relname)";

/* pg_stat_progress_cluster exists since 12. */
static const char *progress(int version) {
  return version < 120000
             ? NULL
             : "SELECT phase, CASE WHEN phase = 'seq scanning heap' THEN heap_blks_scanned"
               "  WHEN phase = 'rebuilding index' THEN index_rebuild_count"
               "  ELSE heap_tuples_written END,"
               " CASE WHEN phase = 'seq scanning heap' THEN heap_blks_total"
               "  WHEN phase = 'rebuilding index' THEN (SELECT count(*) FROM pg_index x"
               "   WHERE x.indrelid = p.relid) ELSE heap_tuples_scanned END,"
               " CASE WHEN phase = 'seq scanning heap' THEN 'blocks'"
               "  WHEN phase = 'rebuilding index' THEN 'indexes' ELSE 'rows' END, NULL::text"
               " FROM pg_stat_progress_cluster p WHERE pid = $1::int";
}

/* The statistics do not count it: the table has another file now. */
static const char prove_sql[] =
    "SELECT c.relfilenode::text <> $3::text, NULL, NULL, pg_total_relation_size(c.oid), NULL"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.oid = $1::oid AND format('%I.%I', n.nspname, c.relname) = $2::text";

static const struct postgres_work full = {
    .title = "Rewrite",
    .one = "table",
    .many = "tables",
    .before = "bytes",
    .columns = shown,
    .say = say,
    .permits = postgres_room_check,
    .check = check_sql,
    .check_stamp = true,
    .progress = progress,
    .cancelled = "cancelled: the table is unchanged",
    .prove = prove_sql,
    .missing = OBJECT_DONE,
    .missing_words = "rewritten, but dropped or renamed since then",
    .figures = postgres_figures_bytes,
    .together = "tables rewritten: ",
};

POSTGRES_WORK_STEPS(full, "VACUUM (FULL, ANALYZE)")

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == 0 && postgres_tables_preset(row, out, size);
}

const struct action action_postgres_vacuum_full = {
    .spec = {.id = "postgres.vacuum-full",
             .kind = "postgres",
             .context = POSTGRES_TABLES_TABLE,
             .title = "rewrite tables (VACUUM FULL)",
             .past = "rewritten",
             .what = "rewrites tables and returns the space of dead rows to the file system; "
                     "blocks all use of them meanwhile",
             .runs = "VACUUM (FULL, ANALYZE) table",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    .preset = preset,
    .survey = &survey_step,
    POSTGRES_WORK(full),
};
