#include "actions/postgres/maintenance/postgres_tables.h"

#include "actions/postgres/maintenance/postgres_holders.h"
#include "actions/postgres/postgres_sql.h"

#include <stdio.h>

enum { TABLES_MAX = 5000 };

enum { C_BYTES = 1, C_COLUMNS = 11, A_IS_WHOLE = C_COLUMNS, A_COLUMNS };
static const struct column_spec table_columns[C_COLUMNS] = {
    {.id = "name", .title = "TABLE", .flags = COLUMN_FLEX, .width = 20},
    [C_BYTES] = {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES, .none = "locked"},
    {.id = "live", .title = "ROWS", .unit = UNIT_COUNT, .priority = 2},
    {.id = "dead", .title = "DEAD", .unit = UNIT_COUNT},
    {.id = "share", .title = "DEAD SHARE", .unit = UNIT_RATIO},
    {.id = "changed", .title = "CHANGED", .unit = UNIT_COUNT, .priority = 1},
    {.id = "vacuumed", .title = "VACUUMED", .unit = UNIT_TIME, .priority = 1},
    {.id = "analyzed", .title = "ANALYZED", .unit = UNIT_TIME, .priority = 1},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "OID", .flags = COLUMN_DETAIL},
    {.id = "stamp", .title = "LAST BY HAND", .flags = COLUMN_DETAIL},
};
const struct table_spec postgres_tables_table =
    POSTGRES_TABLE_SPEC("tables", "Tables", table_columns);

#define MS(time) "(extract(epoch FROM " time ") * 1000)::bigint"

// clang-format off
/* $1: with the parents of partitions; $2: for ANALYZE. Reading the size of a table that another session has locked exclusively would wait for the lock. */
static const char tables_sql[] =
  "WITH " POSTGRES_HELD
  " SELECT format('%I.%I', n.nspname, c.relname),"
  " CASE WHEN h.relation IS NULL AND c.relkind <> 'p' THEN pg_total_relation_size(c.oid) END,"
  " s.live, s.dead, CASE WHEN s.live + s.dead > 0 THEN s.dead::float8 / (s.live + s.dead) END,"
  " pg_stat_get_mod_since_analyze(c.oid),"
  " " MS("greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))") ","
  " " MS("greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid))") ","
  " CASE WHEN NOT " POSTGRES_MAY_MAINTAIN " THEN " POSTGRES_NEEDS_OWNER("c") ""
  "  WHEN h.relation IS NOT NULL THEN 'locked exclusively by another session' END, c.oid,"
  " CASE WHEN $2::bool THEN " POSTGRES_MOMENT("pg_stat_get_last_analyze_time(c.oid)")
  "  ELSE " POSTGRES_MOMENT("pg_stat_get_last_vacuum_time(c.oid)") " END, c.relkind = 'p'"
  " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
  " JOIN pg_database d ON d.datname = current_database()"
  " LEFT JOIN held h ON h.relation = c.oid, LATERAL (SELECT pg_stat_get_live_tuples(c.oid) AS live,"
  "  pg_stat_get_dead_tuples(c.oid) AS dead) s"
  " WHERE (c.relkind IN ('r', 'm') OR c.relkind = 'p' AND $1::bool) AND c.relpersistence <> 't'"
  " AND n.nspname" POSTGRES_NO_SYSTEM
  " ORDER BY CASE WHEN $2::bool THEN pg_stat_get_mod_since_analyze(c.oid)"
  "  ELSE s.dead END DESC, 1 LIMIT 5001";
// clang-format on

/* Partitioned tables have statistics of their own from 14 on. */
static struct postgres_conn *read_tables(struct step *step, bool analyze) {
  static const struct table_spec *const tables[] = {&postgres_tables_table,
                                                    &postgres_holders_table};
  struct postgres_conn *conn = postgres_survey(postgres_conn_open(step), tables, 2);
  const bool parents = conn && analyze && postgres_version(conn) >= 140000;
  const struct pg_rows *rows = postgres_read_names(
      conn, A_COLUMNS, POSTGRES_VALUES(tables_sql, parents ? "t" : "f", analyze ? "t" : "f"));
  if (!rows)
    return NULL;
  for (size_t i = 0; i < rows->rows && i < TABLES_MAX; i++) {
    struct row *row = postgres_row_named(conn, NULL, rows, i, 0);
    if (!row)
      break;
    if (postgres_is_true(pg_cell(rows, i, A_IS_WHOLE)))
      row->cells[C_BYTES] = value_none("the rows are in its partitions");
  }
  postgres_found_cut(step->found, rows, TABLES_MAX);
  return conn;
}

bool postgres_tables_preset(const struct row *row, char *out, size_t size) {
  return row->cells[0].type == VALUE_TEXT &&
         (size_t)snprintf(out, size, "%s", row->cells[0].text) < size;
}

bool postgres_survey_vacuum(struct step *step) {
  struct postgres_conn *conn = read_tables(step, false);
  return conn && postgres_read_holders(step, conn) && postgres_note_hidden_holders(step, conn);
}

bool postgres_survey_analyze(struct step *step) {
  return read_tables(step, true) != NULL;
}
