/* The page postgres.indexes: invalid, duplicate, redundant and unused indexes, and their sizes. */
#include "clients/postgres/postgres_contract.h"
#include "clients/postgres/postgres_relations.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct column_spec summary_columns[] = {
    {.id = "since",
     .title = "since reset",
     .unit = UNIT_SECONDS,
     .help = "time since the statistics of the database were reset, which SCANS covers; -: "
             "never"},
    {.id = "count", .title = "indexes", .unit = UNIT_COUNT, .help = "of all tables"},
    {.id = "bytes",
     .title = "size",
     .unit = UNIT_BYTES,
     .help = "of all indexes that are not locked"},
    {.id = "waste", .title = "waste", .unit = UNIT_BYTES, .help = "size of those with a problem"},
    {.id = "standbys",
     .title = "standbys",
     .unit = UNIT_COUNT,
     .help = "connected ones: scans by queries there are counted there, not here"},
};
#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec indexes_columns[] = {
#include "postgres_indexes.def"
};
#undef COLUMN
POSTGRES_PAGE_TABLE(summary, "indexes_summary", "All indexes", TABLE_SUMMARY);
POSTGRES_PAGE_TABLE(indexes, POSTGRES_INDEXES_TABLE, "Indexes", 0);
static const struct table_spec *const tables[] = {&summary, &indexes};

/* The formatter cannot set SQL. */
// clang-format off

/* a is redundant if a B-tree b of the same table and condition begins with its columns, each with
 * the same operator class, collation and direction. */
#define BEGINS(list) "left(b." list " || ' ', length(a." list ") + 1) = a." list " || ' '"

/* x: each index, with what it is compared by. The columns of INCLUDE are in indkey (from 11 on). An
 * index that enforces something, or is part of a partitioned one, cannot simply be dropped. */
#define COMPARED \
  "x AS (SELECT o.indexrelid AS oid, o.indrelid, i.relam, i.relname, i.relnamespace, o.indkey,"  \
  " o.indisvalid AND o.indisready AS valid, o.indnatts, coalesce((to_jsonb(o)->>'indnkeyatts')::int," \
  "   o.indnatts) AS own, o.indclass::text AS classes, o.indcollation::text AS collations,"      \
  " o.indoption::text AS options, o.indexprs::text AS expressions, o.indpred::text AS condition," \
  " o.indisunique, o.indisprimary, o.indisexclusion, o.indisunique OR o.indisexclusion"          \
  "   OR o.indisreplident OR i.relispartition AS stays, h.relation IS NOT NULL AS locked,"       \
  " i.relpages, i.reltuples, i.reloptions, c.relname AS table_name, c.relnamespace AS table_space," \
  " CASE WHEN h.relation IS NULL AND t.relation IS NULL THEN pg_relation_size(i.oid) END AS size," \
  " pg_stat_get_numscans(i.oid) AS scans"                                                        \
  " FROM pg_index o JOIN pg_class i ON i.oid = o.indexrelid AND i.relkind = 'i'"                 \
  " JOIN pg_class c ON c.oid = o.indrelid AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't'" \
  " JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname" POSTGRES_NO_SYSTEM              \
  " LEFT JOIN held h ON h.relation = i.oid LEFT JOIN held t ON t.relation = c.oid),"             \
  " k AS (SELECT x.*, array_to_string((string_to_array(indkey::text, ' '))[1:own], ' ') AS keys FROM x)," \
  " twins AS (SELECT a.oid, min(b.oid) AS other FROM k a JOIN k b ON b.indrelid = a.indrelid"    \
  "   AND b.relam = a.relam AND b.oid <> a.oid AND b.valid AND b.keys = a.keys"                  \
  "   AND b.indkey::text = a.indkey::text AND b.classes = a.classes"                             \
  "   AND b.collations = a.collations AND b.options = a.options"                                 \
  "   AND b.expressions IS NOT DISTINCT FROM a.expressions"                                      \
  "   AND b.condition IS NOT DISTINCT FROM a.condition"                                          \
  "   WHERE a.valid AND NOT a.stays AND (b.stays OR b.oid < a.oid) GROUP BY a.oid),"             \
  " longer AS (SELECT a.oid, min(b.oid) AS other FROM k a JOIN k b ON b.indrelid = a.indrelid"   \
  "   AND b.relam = a.relam AND b.oid <> a.oid AND b.valid AND (b.own > a.own OR b.own = a.own AND b.indnatts > a.indnatts)"                    \
  "   AND " BEGINS("keys") " AND " BEGINS("classes") " AND " BEGINS("collations")                \
  "   AND " BEGINS("options") " AND b.condition IS NOT DISTINCT FROM a.condition"                \
  "   WHERE a.valid AND NOT a.stays AND a.expressions IS NULL AND a.own = a.indnatts"            \
  "   AND a.relam = (SELECT oid FROM pg_am WHERE amname = 'btree') GROUP BY a.oid),"             \
  " judged AS (SELECT k.*, CASE WHEN NOT valid THEN '" POSTGRES_INDEX_INVALID "' WHEN twins.oid IS NOT NULL"        \
  "   THEN 'duplicate' WHEN longer.oid IS NOT NULL THEN 'redundant'"                             \
  "   WHEN scans = 0 AND NOT stays THEN 'unused' END AS problem,"                                \
  "   CASE WHEN valid THEN coalesce(twins.other, longer.other) END AS other_oid"                 \
  "   FROM k LEFT JOIN twins USING (oid) LEFT JOIN longer USING (oid))"

static const char summary_sql[] =
  "WITH " POSTGRES_HELD ", " COMPARED
  " SELECT 'indexes' AS key, (SELECT extract(epoch FROM clock_timestamp() - stats_reset)"
  "   FROM pg_stat_database WHERE datname = current_database()) AS since,"
  " count(*) AS count, sum(size) AS bytes,"
  " coalesce(sum(size) FILTER (WHERE problem IS NOT NULL), 0) AS waste,"
  " (SELECT count(*) FROM pg_stat_replication r WHERE r.state IS DISTINCT FROM 'backup'"
  "   AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid"
  "   AND s.slot_type = 'logical')) AS standbys,"
  " pg_is_in_recovery() FROM judged";

/* A B-tree's page has a header of 24 and 16 bytes of its own; an entry an item pointer of 4, a
 * header of 8, with a null bitmap of 8 more if a column may be null, and its values, padded to 8.
 * The first page is the metapage. Widths: pg_stats, of columns that the role may select. */
static char *indexes_make(struct postgres_page_call *call, struct err *err) {
  char *order = NULL;
  static const char *const by[] = {"waste", "size", "scans"};
  (void)err;
  for (size_t i = 0; i < sizeof by / sizeof *by; i++)
    if (strcmp(call->focus->sort, by[i]) == 0)
      order = mem_printf("%s %s NULLS LAST,", by[i], call->focus->inverted ? "ASC" : "DESC");
  char *sql = mem_printf(
    "WITH " POSTGRES_HELD ", " COMPARED ", wasting AS (SELECT *, CASE WHEN problem IS NOT NULL THEN size END AS waste FROM judged),"
    " first AS (SELECT * FROM wasting ORDER BY %2$s waste DESC NULLS LAST,"
    "   size DESC NULLS LAST, oid LIMIT %3$zu)"
    " SELECT f.oid AS key, format('%%I.%%I', n.nspname, f.relname) AS index, f.problem AS problem,"
    " (SELECT format('%%I.%%I', s.nspname, o.relname) FROM pg_class o JOIN pg_namespace s"
    "   ON s.oid = o.relnamespace WHERE o.oid = f.other_oid) AS other,"
    " f.waste AS waste, f.size AS size, f.scans AS scans, f.scans AS scan_rate, %4$s AS last_scan,"
    " z.bloat AS bloat, z.bloat / nullif(f.relpages::float8 * %1$" PRId64 ", 0) AS bloat_share,"
    " format('%%I.%%I', tn.nspname, f.table_name) AS table,"
    " CASE WHEN f.indisprimary THEN 'primary key' WHEN f.indisexclusion THEN 'exclusion'"
    "   WHEN f.indisunique THEN 'unique' ELSE m.amname::text END AS kind,"
    " CASE WHEN f.size IS NOT NULL THEN pg_get_indexdef(f.oid) END AS definition,"
    " pg_stat_get_tuples_returned(f.oid) AS entries_read"
    " FROM first f JOIN pg_namespace n ON n.oid = f.relnamespace"
    " JOIN pg_namespace tn ON tn.oid = f.table_space JOIN pg_am m ON m.oid = f.relam"
    " CROSS JOIN LATERAL (SELECT count(*) = f.indnatts AND f.relpages > 0 AND f.reltuples >= 0 AS known,"
    "   sum((1 - null_frac) * avg_width) AS width, max(null_frac) AS nulls FROM pg_attribute a"
    "   JOIN pg_stats s ON s.schemaname = tn.nspname AND s.tablename = f.table_name"
    "     AND s.attname = a.attname AND NOT s.inherited"
    "   WHERE a.attrelid = f.indrelid AND a.attnum = ANY (f.indkey) AND a.attnum > 0) w"
    " CROSS JOIN LATERAL (SELECT CASE WHEN w.known AND m.amname = 'btree'"
    "   THEN greatest(f.relpages - 1 - ceil(f.reltuples / greatest(floor((%1$" PRId64 " - 40)"
    "     * coalesce((SELECT option_value::int FROM pg_options_to_table(f.reloptions)"
    "       WHERE option_name = 'fillfactor'), 90) / 100.0 / (4 + ceil((8 + w.width"
    "       + CASE WHEN w.nulls > 0 THEN 8 ELSE 0 END) / 8) * 8)), 1)), 0) * %1$" PRId64
    "   END AS bloat) z"
    " ORDER BY %2$s f.waste DESC NULLS LAST, f.size DESC NULLS LAST, f.oid",
    call->block_size, order ? order : "", call->focus->rows,
    call->version >= 160000
      ? "extract(epoch FROM clock_timestamp() - pg_stat_get_lastscan(f.oid))" : "NULL::float8");
  free(order);
  return sql;
}
// clang-format on

struct memory {
  int64_t total;
};

static bool summary_read(struct postgres_page_call *call, const struct pg_rows *rows,
                         struct err *err) {
  enum { COUNT = 2, STANDBYS = 5, IN_RECOVERY, COLUMNS };
  struct memory *memory = call->memory;
  if (rows->rows != 1 || rows->columns != COLUMNS)
    return err_set(err, ERR_PROTOCOL, "unexpected answer");
  const char *standby = pg_cell(rows, 0, IN_RECOVERY);
  memory->total = postgres_page_count(pg_cell(rows, 0, COUNT));
  if (standby && *standby == 't')
    sample_note(call->sample, indexes.id, NULL,
                "this is a standby: scans by queries of the primary and of other standbys are not "
                "counted here");
  else if (postgres_page_count(pg_cell(rows, 0, STANDBYS)) > 0)
    sample_note(call->sample, indexes.id, NULL,
                "scans by queries on the standbys are not counted here: look at this page there "
                "before you drop an unused index");
  return postgres_page_rows(call, summary.id, rows, err);
}

static bool indexes_read(struct postgres_page_call *call, const struct pg_rows *rows,
                         struct err *err) {
  const struct memory *memory = call->memory;
  char shown[FORMAT_MAX], count[FORMAT_MAX];
  if ((int64_t)rows->rows < memory->total)
    sample_note(call->sample, indexes.id, NULL,
                "%s of %s shown: the first ones by the order of the rows (%s)",
                format_count(shown, sizeof shown, (int64_t)rows->rows),
                format_count(count, sizeof count, memory->total), page_order_hint(call->focus));
  return postgres_page_rows(call, indexes.id, rows, err);
}

static const struct postgres_page_query queries[] = {
    {.text = summary_sql, .read = summary_read},
    {.table = POSTGRES_INDEXES_TABLE, .make = indexes_make, .read = indexes_read},
    {0}};
static const struct postgres_page own = {.queries = queries, .memory = sizeof(struct memory)};

static const struct page_sort sorts[] = {
    {"waste", POSTGRES_INDEXES_TABLE, "waste"},
    {"largest", POSTGRES_INDEXES_TABLE, "size"},
    {"most scans", POSTGRES_INDEXES_TABLE, "scans"},
};

const struct page page_postgres_indexes = {
    .spec = {.id = "postgres.indexes",
             .kind = "postgres",
             .title = "Indexes",
             .question = "Which indexes are unused, duplicate or invalid?",
             .cost = "2 queries every 30s; each reads the size of every index",
             .interval_ms = 30000,
             .timeout_ms = 25000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables,
             .sorts = sorts,
             .sort_count = sizeof sorts / sizeof *sorts},
    .watch = &postgres_page_watch,
    .own = &own,
};
