#include "actions/postgres/postgres_tables.h"

#include "clients/postgres/pg_text.h"
#include "core/format.h"

#include <stdio.h>
#include <string.h>

enum { TABLES_MAX = 5000, HOLDERS_MAX = 5, HOLDER_AGE_S = 60, WAIT_AGE_S = 10 };

enum {
  C_NAME,
  C_BYTES,
  C_LIVE,
  C_DEAD,
  C_SHARE,
  C_CHANGED,
  C_VACUUMED,
  C_ANALYZED,
  C_PROBLEM,
  C_OID,
  C_VACUUM_STAMP,
  C_ANALYZE_STAMP,
  C_COLUMNS,
  A_IS_WHOLE = C_COLUMNS, /* of the answer: the parent of partitions */
  A_COLUMNS
};
static const struct column_spec table_columns[C_COLUMNS] = {
    [C_NAME] = {.id = "name", .title = "TABLE", .flags = COLUMN_FLEX, .width = 20},
    [C_BYTES] = {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES},
    [C_LIVE] = {.id = "live", .title = "ROWS", .unit = UNIT_COUNT, .priority = 2},
    [C_DEAD] = {.id = "dead", .title = "DEAD", .unit = UNIT_COUNT},
    [C_SHARE] = {.id = "share", .title = "DEAD SHARE", .unit = UNIT_RATIO},
    [C_CHANGED] = {.id = "changed", .title = "CHANGED", .unit = UNIT_COUNT, .priority = 1},
    [C_VACUUMED] = {.id = "vacuumed", .title = "VACUUMED", .unit = UNIT_TIME, .priority = 1},
    [C_ANALYZED] = {.id = "analyzed", .title = "ANALYZED", .unit = UNIT_TIME, .priority = 1},
    [C_PROBLEM] = {.id = "problem", .title = "PROBLEM", .priority = 3},
    [C_OID] = {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
    [C_VACUUM_STAMP] = {.id = "vacuum_stamp", .title = "LAST VACUUM", .flags = COLUMN_DETAIL},
    [C_ANALYZE_STAMP] = {.id = "analyze_stamp", .title = "LAST ANALYZE", .flags = COLUMN_DETAIL},
};

static const struct column_spec holder_columns[] = {
    {.id = "who", .title = "WHO"},
    {.id = "age", .title = "TRANSACTIONS", .unit = UNIT_COUNT},
    {.id = "since", .title = "SINCE", .unit = UNIT_TIME},
    {.id = "seconds", .title = "FOR", .unit = UNIT_COUNT},
    {.id = "hint", .title = "HINT", .flags = COLUMN_DETAIL},
};
enum { HOLDERS_COLUMNS = sizeof holder_columns / sizeof *holder_columns + 1 };

const struct table_spec postgres_tables_table =
    POSTGRES_TABLE_SPEC("tables", "Tables", table_columns);
const struct table_spec postgres_holders_table =
    POSTGRES_TABLE_SPEC("holders", "What keeps dead rows", holder_columns);
static const struct table_spec *const tables[] = {&postgres_tables_table, &postgres_holders_table};

/* ---- the questions */

/* The owner of the table or of the database may; from 17 on, also roles with MAINTAIN. */
#define MAY_OWN "(pg_has_role(c.relowner, 'USAGE') OR pg_has_role(d.datdba, 'USAGE')"
#define MAY_10 MAY_OWN ")"
#define MAY_17 MAY_OWN " OR has_table_privilege(c.oid, 'MAINTAIN'))"

#define MS(time) "(extract(epoch FROM " time ") * 1000)::bigint"
#define STAMP(time) "to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"

// clang-format off
/* The size of a table that another session has locked whole would be waited for. */
#define TABLES_SQL(may) \
  "WITH held AS (SELECT DISTINCT relation FROM pg_locks WHERE locktype = 'relation'" \
  "  AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid())" \
  " SELECT format('%I.%I', n.nspname, c.relname)," \
  " CASE WHEN h.relation IS NULL AND c.relkind <> 'p' THEN pg_total_relation_size(c.oid) END," \
  " s.live, s.dead, CASE WHEN s.live + s.dead > 0 THEN s.dead::float8 / (s.live + s.dead) END," \
  " pg_stat_get_mod_since_analyze(c.oid)," \
  " " MS("greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))") "," \
  " " MS("greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid))") "," \
  " CASE WHEN NOT " may " THEN 'needs the rights of its owner, ' || pg_get_userbyid(c.relowner)" \
  "  WHEN h.relation IS NOT NULL THEN 'locked exclusively by another session' END, c.oid," \
  " " STAMP("pg_stat_get_last_vacuum_time(c.oid)") "," \
  " " STAMP("pg_stat_get_last_analyze_time(c.oid)") ", c.relkind = 'p'" \
  " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" \
  " JOIN pg_database d ON d.datname = current_database()" \
  " LEFT JOIN held h ON h.relation = c.oid, LATERAL (SELECT pg_stat_get_live_tuples(c.oid) AS live," \
  "  pg_stat_get_dead_tuples(c.oid) AS dead) s" \
  " WHERE (c.relkind IN ('r', 'm') OR c.relkind = 'p' AND $1::bool) AND c.relpersistence <> 't'" \
  " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')" \
  " ORDER BY CASE WHEN $2::bool THEN pg_stat_get_mod_since_analyze(c.oid)" \
  "  ELSE s.dead END DESC, 1 LIMIT 5001"
// clang-format on

static const char tables_10[] = TABLES_SQL(MAY_10), tables_17[] = TABLES_SQL(MAY_17);

/* Partitioned tables have statistics of their own from 14 on. */
static bool read_tables(struct step *step, struct postgres_conn *conn, bool analyze) {
  const int version = postgres_version(conn);
  struct sample *sample = step->found;
  struct table *table = &sample->tables[0];
  const struct pg_rows *rows = postgres_read_names(
      conn, A_COLUMNS,
      POSTGRES_VALUES(version >= 170000 ? tables_17 : tables_10,
                      analyze && version >= 140000 ? "t" : "f", analyze ? "t" : "f"));
  for (size_t i = 0; rows && i < rows->rows && i < TABLES_MAX; i++) {
    const char *key = postgres_key(conn, rows, i, C_NAME, C_OID);
    struct row *row = postgres_row(sample, table, key, NULL, rows, i);
    if (!row)
      break;
    row->cells[C_NAME] = value_text(row->key);
    if (row->cells[C_BYTES].type == VALUE_NONE)
      row->cells[C_BYTES] = value_none(postgres_is_true(pg_cell(rows, i, A_IS_WHOLE))
                                           ? "the rows are in its partitions"
                                           : "locked");
    if (postgres_is_broken(conn, i, C_NAME))
      postgres_row_unnamed(table, row);
  }
  if (rows && (rows->rows > TABLES_MAX || table->truncated)) {
    table->truncated = true;
    sample_note(sample, "tables", NULL, "more than %d tables; only these are shown", TABLES_MAX);
  }
  return rows != NULL;
}

// clang-format off
/* Whose snapshot or transaction is old enough to see rows that are dead to everybody else. VACUUM
 * and workers of autovacuum do not count. A session of another database counts for nothing here; a
 * standby's walsender does, with hot_standby_feedback. Names are read as they are, for one that has
 * no characters in our encoding would fail all. */
static const char holders_sql[] =
  "SET TRANSACTION READ ONLY; SET LOCAL client_encoding = 'SQL_ASCII';"
  " SELECT who, age, since, seconds, hint, getdatabaseencoding() FROM ("
  "SELECT format('pid %s (%s, %s)', a.pid, coalesce(a.usename::text, a.backend_type),"
  "  coalesce(a.state, a.backend_type)) AS who,"
  " greatest(age(a.backend_xmin), age(a.backend_xid)) AS age, " MS("a.xact_start") " AS since,"
  " extract(epoch FROM clock_timestamp() - a.xact_start)::bigint AS seconds,"
  " CASE WHEN a.backend_type = 'walsender' THEN 'a standby''s oldest query'"
  "  ELSE 'end it first (T on its row)' END AS hint"
  " FROM pg_stat_activity a WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)"
  " AND a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker'"
  " AND (a.datname = current_database() OR a.datname IS NULL)"
  " AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)"
  " UNION ALL SELECT format('replication slot %s%s', slot_name,"
  "  CASE WHEN active THEN '' ELSE ' (inactive)' END), age(xmin), NULL, NULL,"
  " 'resume its consumer, or remove the slot'"
  " FROM pg_replication_slots WHERE xmin IS NOT NULL"
  " UNION ALL SELECT format('prepared transaction %s', gid), age(transaction), " MS("prepared") ","
  " extract(epoch FROM clock_timestamp() - prepared)::bigint,"
  " 'COMMIT PREPARED or ROLLBACK PREPARED ends it'"
  " FROM pg_prepared_xacts WHERE database = current_database()"
  ") AS holders WHERE age > 0 OR seconds > 0 ORDER BY age DESC, seconds DESC NULLS LAST LIMIT 5";
// clang-format on

bool postgres_read_holders(struct step *step, struct postgres_conn *conn) {
  struct sample *sample = step->found;
  struct table *table = sample_table(sample, postgres_holders_table.id);
  const struct pg_rows *rows = postgres_read(conn, HOLDERS_COLUMNS, holders_sql, 0, NULL);
  if (!rows)
    sample_note(sample, "holders", NULL, "what keeps dead rows is not known: %s", step->err.text);
  for (size_t i = 0; rows && i < rows->rows && i < HOLDERS_MAX; i++) {
    char who[1024];
    pg_name_utf8(pg_cell(rows, i, 0), pg_cell(rows, i, HOLDERS_COLUMNS - 1), who, sizeof who);
    struct row *row = postgres_row(sample, table, who, NULL, rows, i);
    if (row)
      row->cells[0] = value_text(row->key);
  }
  return rows || postgres_is_up(conn);
}

bool postgres_survey_vacuum(struct step *step) {
  static const char hidden_sql[] =
      "SELECT count(*) FROM pg_stat_activity WHERE backend_type IS NULL"
      " AND pid <> pg_backend_pid()";
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 2);
  if (!conn || !read_tables(step, conn, false) || !postgres_read_holders(step, conn))
    return false;
  const struct pg_rows *rows = postgres_read(conn, 1, hidden_sql, 0, postgres_no_values);
  struct value hidden =
      rows && rows->rows == 1 ? postgres_int(pg_cell(rows, 0, 0), NULL) : value_none(NULL);
  if (hidden.type == VALUE_INT && hidden.integer > 0)
    sample_note(step->found, "holders", NULL,
                "%lld sessions of other roles are hidden: needs pg_monitor",
                (long long)hidden.integer);
  return rows || postgres_is_up(conn);
}

bool postgres_survey_analyze(struct step *step) {
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 2);
  return conn && read_tables(step, conn, true);
}

/* ---- right before it runs */

/* has_table_privilege does not know MAINTAIN before 17, and would be called only there. The owner's
 * name is told by the plan: here one that is no UTF-8 would cost the whole answer. */
#define CHECK_SQL(first, second)                                                               \
  "SELECT CASE WHEN NOT (pg_has_role(c.relowner, 'USAGE') OR pg_has_role(d.datdba, 'USAGE')"   \
  "  OR (current_setting('server_version_num')::int >= 170000"                                 \
  "   AND has_table_privilege(c.oid, CASE WHEN current_setting('server_version_num')::int"     \
  "    >= 170000 THEN 'MAINTAIN' ELSE 'SELECT' END)))"                                         \
  "  THEN 'permission denied: the rights of the table''s or the database''s owner are needed'" \
  " END, NULL, NULL"                                                                           \
  " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"                             \
  " JOIN pg_database d ON d.datname = current_database()"                                      \
  " WHERE c.oid = $1::oid AND $2::text IN (format('" first " %I.%I', n.nspname, c.relname),"   \
  " format('" second " %I.%I', n.nspname, c.relname))"

const char postgres_vacuum_check[] = CHECK_SQL("VACUUM", "VACUUM (ANALYZE)");
const char postgres_analyze_check[] = CHECK_SQL("ANALYZE", "ANALYZE");

/* ---- words */

void postgres_tables_warn_rights(struct plan *plan, const struct table *table,
                                 const struct row *const *rows, size_t count) {
  size_t problems = 0;
  const struct row *one = NULL;
  for (size_t i = 0; i < count; i++)
    if (*postgres_found_text(table, rows[i], "problem")) {
      problems++;
      one = rows[i];
    }
  if (problems == 1)
    plan_say(plan, PLAN_WARNING, "%s will be refused: %s", one->key,
             postgres_found_text(table, one, "problem"));
  else if (problems > 1)
    plan_say(plan, PLAN_WARNING, "%zu of them will be refused; %s: %s", problems, one->key,
             postgres_found_text(table, one, "problem"));
}

/* Whether a VACUUM has run since then, and has left dead rows. */
static bool left_since(const struct table *table, const struct row *const *rows, size_t count,
                       int64_t since_ms) {
  for (size_t i = 0; i < count; i++)
    if (postgres_found_int(table, rows[i], "vacuumed") > since_ms &&
        postgres_found_int(table, rows[i], "dead") > 0)
      return true;
  return false;
}

void postgres_tables_warn_holders(struct plan *plan, const struct action_request *request,
                                  const struct row *const *rows, size_t count) {
  const struct table *holders = sample_table_view(request->found, "holders");
  const struct table *table = &request->found->tables[0];
  char time[FORMAT_MAX];
  for (size_t i = 0; holders && i < holders->row_count; i++) {
    const struct row *row = &holders->rows[i];
    struct value seconds = postgres_found(holders, row, "seconds");
    struct value since = postgres_found(holders, row, "since");
    if (seconds.type == VALUE_INT && seconds.integer < HOLDER_AGE_S)
      continue;
    if (seconds.type == VALUE_INT)
      plan_say(plan, PLAN_WARNING,
               "rows that died in the last %s cannot be removed because of %s: %s",
               format_duration(time, sizeof time, (double)seconds.integer), row->key,
               postgres_found_text(holders, row, "hint"));
    else
      plan_say(plan, PLAN_WARNING,
               "rows that died in the last %s cannot be removed because of %s: %s",
               postgres_counted(plan, postgres_found_int(holders, row, "age"), "transaction",
                                "transactions"),
               row->key, postgres_found_text(holders, row, "hint"));
    if (since.type == VALUE_INT && left_since(table, rows, count, since.integer))
      plan_say(plan, PLAN_WARNING,
               "little can be reclaimed: VACUUM has run since then and had to keep dead rows");
    break; /* once the oldest is gone, the next plan tells the next one */
  }
  for (size_t i = 0; i < request->found->note_count; i++)
    if (request->found->notes[i].table && strcmp(request->found->notes[i].table, "holders") == 0)
      plan_say(plan, PLAN_WARNING, "%s", request->found->notes[i].text);
}

void postgres_tables_warn_waits(struct plan *plan, const struct action_request *request) {
  const struct table *holders = sample_table_view(request->found, postgres_holders_table.id);
  char time[FORMAT_MAX];
  for (size_t i = 0; holders && i < holders->row_count; i++) {
    struct value seconds = postgres_found(holders, &holders->rows[i], "seconds");
    if (seconds.type == VALUE_INT && seconds.integer >= WAIT_AGE_S)
      plan_say(plan, PLAN_WARNING,
               "it waits for every older transaction: that of %s has been open for "
               "%s",
               holders->rows[i].key, format_duration(time, sizeof time, (double)seconds.integer));
  }
}
