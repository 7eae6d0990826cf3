/* The page postgres.table: the columns' statistics, indexes, foreign keys, triggers and settings of
 * one table.
 *
 * Values of rows (most_common_vals, histogram_bounds) are never read: they could be personal data.
 */
#include "clients/postgres/postgres_contract.h"
#include "clients/postgres/postgres_relations.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct column_spec self_columns[] = {
    {.id = "table", .title = "table", .help = "name with its schema"},
    {.id = "size",
     .title = "size",
     .unit = UNIT_BYTES,
     .none = "locked",
     .help = "rows, indexes and TOAST"},
    {.id = "rows", .title = "rows", .unit = UNIT_COUNT, .help = "live rows, estimated"},
    {.id = "owner", .title = "owner", .help = "role"},
    {.id = "options", .title = "settings", .help = "reloptions of the table and of its TOAST"},
    {.id = "identity",
     .title = "replica identity",
     .help = "what identifies a row for logical replication"},
};
static const struct column_spec columns_columns[] = {
    {.id = "column", .title = "COLUMN", .help = "name"},
    {.id = "type", .title = "TYPE", .priority = 1, .help = "with NOT NULL"},
    {.id = "nulls",
     .title = "NULLS",
     .unit = UNIT_RATIO,
     .priority = 1,
     .none = "not known",
     .help = "share of rows without a value (null_frac)"},
    {.id = "distinct",
     .title = "DISTINCT",
     .unit = UNIT_COUNT,
     .priority = 1,
     .none = "not known",
     .help = "different values, estimated (n_distinct)"},
    {.id = "distinct_share",
     .title = "DISTINCT %",
     .unit = UNIT_RATIO,
     .priority = 2,
     .none = "not known",
     .help = "DISTINCT / rows: near 100% an index finds few rows"},
    {.id = "common",
     .title = "COMMON",
     .unit = UNIT_COUNT,
     .priority = 3,
     .help = "values in the list of the most common ones; they are not read"},
    {.id = "top_share",
     .title = "TOP %",
     .unit = UNIT_RATIO,
     .priority = 2,
     .help = "share of rows with the most common value"},
    {.id = "common_share",
     .title = "COMMON %",
     .unit = UNIT_RATIO,
     .priority = 3,
     .help = "share of rows with one of the most common values"},
    {.id = "correlation",
     .title = "CORRELATION",
     .priority = 2,
     .as = FIGURE_COUNT,
     .none = "not known",
     .help = "-1 to 1: near either, rows are stored in the order of the values, and an index scan "
             "of a range reads few pages"},
    {.id = "width",
     .title = "WIDTH",
     .unit = UNIT_BYTES,
     .priority = 3,
     .none = "not known",
     .help = "average (avg_width)"},
    {.id = "indexes", .title = "INDEXES", .priority = 4, .help = "that begin with the column"},
};
/* The first two as in postgres_contract.h. */
static const struct column_spec indexes_columns[] = {
    {.id = "index", .title = "INDEX", .flags = COLUMN_FLEX, .help = "name with its schema"},
    {.id = "problem", .title = "PROBLEM", .priority = 2, .help = "invalid: queries do not use it"},
    {.id = "size", .title = "SIZE", .unit = UNIT_BYTES, .none = "locked", .help = "on disk"},
    {.id = "scans",
     .title = "SCANS",
     .unit = UNIT_COUNT,
     .priority = 1,
     .help = "idx_scan since the statistics were reset, of this server only"},
    {.id = "kind",
     .title = "KIND",
     .priority = 2,
     .help = "the constraint that it is for, or its access method"},
    {.id = "definition",
     .title = "DEFINITION",
     .priority = 3,
     .none = "locked",
     .help = "pg_get_indexdef"},
};
static const struct column_spec keys_columns[] = {
    {.id = "foreign_key", .title = "FOREIGN KEY", .flags = COLUMN_FLEX, .help = "its definition"},
    {.id = "problem",
     .title = "PROBLEM",
     .priority = 1,
     .help = "no index: a DELETE or UPDATE of the referenced row scans the referencing table"},
    {.id = "direction", .title = "DIRECTION", .priority = 1, .help = "from this table, or to it"},
    {.id = "table", .title = "TABLE", .priority = 2, .help = "the referencing table"},
    {.id = "columns", .title = "COLUMNS", .priority = 2, .help = "of the referencing table"},
};
static const struct column_spec triggers_columns[] = {
    {.id = "trigger", .title = "TRIGGER", .help = "name"},
    {.id = "state", .title = "STATE", .priority = 1, .help = "whether it fires"},
    {.id = "definition",
     .title = "DEFINITION",
     .flags = COLUMN_FLEX,
     .priority = 2,
     .help = "pg_get_triggerdef"},
};

POSTGRES_PAGE_TABLE(self, "table", "Table", TABLE_SUMMARY);
POSTGRES_PAGE_TABLE(columns, "columns", "Columns", 0);
POSTGRES_PAGE_TABLE(indexes, POSTGRES_INDEXES_TABLE, "Indexes", 0);
POSTGRES_PAGE_TABLE(keys, "foreign_keys", "Foreign keys", 0);
POSTGRES_PAGE_TABLE(triggers, "triggers", "Triggers", 0);
static const struct table_spec *const tables[] = {&self, &columns, &indexes, &keys, &triggers};

static int64_t oid_of(const struct postgres_page_call *call) {
  return postgres_page_count(call->focus->key);
}

/* The formatter cannot set SQL. */
// clang-format off

static char *self_make(struct postgres_page_call *call, struct err *err) {
  if (oid_of(call) <= 0) {
    err_set(err, ERR_INVALID, "\"%.60s\" is not a table: use its name with its schema",
            call->focus->key ? call->focus->key : "");
    return NULL;
  }
  return mem_printf(
    "WITH " POSTGRES_HELD ", " POSTGRES_HELD_TABLES
    " SELECT c.oid AS key, format('%%I.%%I', n.nspname, c.relname) AS table,"
    " CASE WHEN h.oid IS NULL THEN CASE c.relkind WHEN 'p' THEN 0 ELSE pg_total_relation_size(c.oid) END END AS size,"
    " pg_stat_get_live_tuples(c.oid) AS rows, pg_get_userbyid(c.relowner) AS owner,"
    " concat_ws(', ', array_to_string(c.reloptions, ', '), (SELECT 'toast.' || array_to_string(t.reloptions, ', toast.')"
    "   FROM pg_class t WHERE t.oid = c.reltoastrelid)) AS options,"
    " CASE c.relreplident WHEN 'd' THEN 'primary key' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'"
    "   ELSE 'index' END AS identity"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN held_tables h ON h.oid = c.oid"
    " WHERE c.oid = %" PRId64 " AND c.relkind IN ('r', 'm', 'p')", oid_of(call));
}

static char *columns_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_printf(
    "SELECT a.attnum AS key, a.attname AS column, format_type(a.atttypid, a.atttypmod)"
    "   || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS type, s.null_frac AS nulls,"
    " CASE WHEN s.n_distinct < 0 THEN CASE WHEN c.reltuples >= 0"
    "   THEN round(-s.n_distinct::numeric * c.reltuples::numeric) END ELSE s.n_distinct END AS distinct,"
    " CASE WHEN s.n_distinct < 0 THEN -s.n_distinct WHEN c.reltuples > 0"
    "   THEN least(s.n_distinct / c.reltuples, 1) END AS distinct_share,"
    " array_length(s.most_common_freqs, 1) AS common, s.most_common_freqs[1] AS top_share,"
    " (SELECT least(sum(f), 1) FROM unnest(s.most_common_freqs) f) AS common_share,"
    " round(s.correlation::numeric, 3) AS correlation, s.avg_width AS width,"
    " (SELECT string_agg(i.relname, ', ' ORDER BY i.relname) FROM pg_index x"
    "   JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid AND x.indkey[0] = a.attnum) AS indexes"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname"
    "   AND s.attname = a.attname AND s.inherited = (c.relkind = 'p')"
    " WHERE c.oid = %" PRId64 " ORDER BY a.attnum", oid_of(call));
}

static char *rights_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_printf(
    "SELECT CASE WHEN NOT has_any_column_privilege(c.oid, 'SELECT') THEN 'denied'"
    "   WHEN row_security_active(c.oid) THEN 'rows'"
    "   WHEN NOT EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname)"
    "   THEN 'never' END FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.oid = %" PRId64, oid_of(call));
}

static char *indexes_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_printf(
    "WITH " POSTGRES_HELD
    " SELECT i.oid AS key, format('%%I.%%I', n.nspname, i.relname) AS index,"
    " CASE WHEN NOT x.indisvalid THEN '" POSTGRES_INDEX_INVALID "' END AS problem,"
    " CASE WHEN f.free THEN pg_relation_size(i.oid) END AS size,"
    " pg_stat_get_numscans(i.oid) AS scans, CASE WHEN x.indisprimary THEN 'primary key'"
    "   WHEN x.indisexclusion THEN 'exclusion' WHEN x.indisunique THEN 'unique' ELSE m.amname::text END AS kind,"
    " CASE WHEN f.free THEN pg_get_indexdef(i.oid) END AS definition"
    " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam"
    " JOIN pg_namespace n ON n.oid = i.relnamespace CROSS JOIN LATERAL (SELECT NOT EXISTS"
    "   (SELECT FROM held h WHERE h.relation IN (x.indexrelid, x.indrelid)) AS free) f"
    " WHERE x.indrelid = %" PRId64 " ORDER BY i.relname", oid_of(call));
}

/* An index serves a key if its first columns are those of the key, in any order. */
static char *keys_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_printf(
    "SELECT k.oid AS key, k.conname || ': ' || pg_get_constraintdef(k.oid) AS foreign_key,"
    " CASE WHEN NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = k.conrelid AND x.indisvalid"
    "   AND x.indpred IS NULL AND (string_to_array(x.indkey::text, ' ')::int2[])"
    "     [1:array_length(k.conkey, 1)] @> k.conkey) THEN 'no index' END AS problem,"
    " CASE WHEN k.conrelid = k.confrelid THEN 'to itself' WHEN k.conrelid = %1$" PRId64
    "   THEN 'from it' ELSE 'to it' END AS direction,"
    " format('%%I.%%I', n.nspname, c.relname) AS table,"
    " (SELECT string_agg(a.attname, ', ' ORDER BY o.place) FROM unnest(k.conkey) WITH ORDINALITY o (number, place)"
    "   JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number) AS columns"
    " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE k.contype = 'f' AND %1$" PRId64 " IN (k.conrelid, k.confrelid)"
    " ORDER BY problem NULLS LAST, k.conname", oid_of(call));
}

static char *triggers_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_printf(
    "SELECT t.oid AS key, t.tgname AS trigger, CASE t.tgenabled WHEN 'D' THEN 'disabled'"
    "   WHEN 'R' THEN 'on a replica only' WHEN 'A' THEN 'always' ELSE 'enabled' END AS state,"
    " pg_get_triggerdef(t.oid) AS definition"
    " FROM pg_trigger t WHERE t.tgrelid = %" PRId64 " AND NOT t.tgisinternal ORDER BY t.tgname",
    oid_of(call));
}
// clang-format on

static bool self_read(struct postgres_page_call *call, const struct pg_rows *rows,
                      struct err *err) {
  if (rows->rows == 0)
    return err_set(err, ERR_INVALID, "%.100s no longer exists",
                   call->focus->label ? call->focus->label : call->focus->key);
  return postgres_page_rows(call, self.id, rows, err);
}

static bool rights_read(struct postgres_page_call *call, const struct pg_rows *rows,
                        struct err *err) {
  const char *why = rows->rows == 1 && rows->columns == 1 ? pg_cell(rows, 0, 0) : NULL;
  (void)err;
  if (why && *why == 'd')
    sample_note(call->sample, columns.id, NULL,
                "statistics of columns need SELECT on the table%s%.64s",
                call->version >= 140000 ? ": GRANT pg_read_all_data TO " : "",
                call->version >= 140000 ? call->role : "");
  else if (why)
    sample_note(call->sample, columns.id, NULL,
                *why == 'r' ? "row security of the table hides its statistics"
                            : "the table has no statistics: ANALYZE collects them");
  return true;
}

static const struct postgres_page_query queries[] = {
    {.make = self_make, .read = self_read},
    {.table = "columns", .make = rights_make, .read = rights_read},
    {.table = "columns", .make = columns_make},
    {.table = POSTGRES_INDEXES_TABLE, .limit = 1000, .make = indexes_make},
    {.table = "foreign_keys", .limit = 1000, .make = keys_make},
    {.table = "triggers", .limit = 1000, .make = triggers_make},
    {0}};
static const struct postgres_page own = {.queries = queries};

const struct page page_postgres_table = {
    .spec = {.id = "postgres.table",
             .kind = "postgres",
             .row_of = POSTGRES_TABLES_TABLE,
             .title = "Table",
             .question = "How are its values spread, which indexes fit?",
             .cost = "6 queries every 30s; statistics and catalogue of one table",
             .interval_ms = 30000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
