/* The page postgres.progress: what runs long, how far it is, and who waits for it: the views
 * pg_stat_progress_*. */
#include "clients/postgres/postgres_contract.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum progress_column {
#define COLUMN(name, ...) name,
#include "postgres_progress.def"
#undef COLUMN
  PROGRESS_COLUMN_COUNT
};
static const struct column_spec progress_columns[PROGRESS_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "postgres_progress.def"
#undef COLUMN
};
POSTGRES_PAGE_TABLE(progress, POSTGRES_SESSIONS_TABLE, "Running", 0);
static const struct table_spec *const tables[] = {&progress};

/* The formatter cannot set SQL. */
// clang-format off

/* The parts: pid, database, relation, command, phase, done, total, unit, a pid that it waits for.
 * Blocks are counted in bytes. */
#define BLOCKS "* current_setting('block_size')::bigint"

/* Indexes are counted from 17 on. */
#define VACUUM(index_done, index_total) \
  "SELECT pid, datid, relid, 'VACUUM' AS command, phase, CASE phase"                            \
  "   WHEN 'scanning heap' THEN heap_blks_scanned " BLOCKS                                      \
  "   WHEN 'vacuuming heap' THEN heap_blks_vacuumed " BLOCKS                                    \
  "   WHEN 'vacuuming indexes' THEN " index_done                                                \
  "   WHEN 'cleaning up indexes' THEN " index_done " END AS done,"                              \
  " CASE WHEN phase IN ('scanning heap', 'vacuuming heap') THEN heap_blks_total " BLOCKS        \
  "   WHEN phase IN ('vacuuming indexes', 'cleaning up indexes') THEN " index_total " END AS total," \
  " CASE WHEN phase LIKE '% indexes' THEN 'indexes' ELSE 'bytes' END AS unit, 0::bigint AS locker" \
  " FROM pg_stat_progress_vacuum"
static const char vacuum_sql[] = VACUUM("NULL", "NULL");
static const char vacuum_17_sql[] = VACUUM("indexes_processed", "indexes_total");

static const char since_12_sql[] =
  " UNION ALL SELECT p.pid, p.datid, p.relid, p.command, p.phase, CASE p.phase"
  "   WHEN 'seq scanning heap' THEN p.heap_blks_scanned " BLOCKS
  "   WHEN 'index scanning heap' THEN p.heap_tuples_scanned"
  "   WHEN 'writing new heap' THEN p.heap_tuples_written"
  "   WHEN 'rebuilding index' THEN p.index_rebuild_count END,"
  " CASE p.phase WHEN 'seq scanning heap' THEN p.heap_blks_total " BLOCKS
  "   WHEN 'index scanning heap' THEN (SELECT c.reltuples::bigint FROM pg_class c"
  "     WHERE c.oid = p.relid AND c.reltuples > 0)"
  "   WHEN 'writing new heap' THEN p.heap_tuples_scanned"
  "   WHEN 'rebuilding index' THEN (SELECT count(*) FROM pg_index x WHERE x.indrelid = p.relid) END,"
  " CASE WHEN p.phase = 'seq scanning heap' THEN 'bytes' WHEN p.phase = 'rebuilding index'"
  "   THEN 'indexes' ELSE 'rows' END, 0 FROM pg_stat_progress_cluster p"
  " UNION ALL SELECT pid, datid, coalesce(nullif(index_relid, 0), relid), command, phase,"
  " CASE WHEN phase LIKE 'waiting for %' THEN lockers_done"
  "   WHEN phase LIKE '%tuples%' THEN tuples_done ELSE blocks_done " BLOCKS " END,"
  " nullif(CASE WHEN phase LIKE 'waiting for %' THEN lockers_total"
  "   WHEN phase LIKE '%tuples%' THEN tuples_total ELSE blocks_total " BLOCKS " END, 0),"
  " CASE WHEN phase LIKE 'waiting for %' THEN 'transactions' WHEN phase LIKE '%tuples%'"
  "   THEN 'rows' ELSE 'bytes' END, coalesce(current_locker_pid, 0)"
  " FROM pg_stat_progress_create_index";

static const char since_13_sql[] =
  " UNION ALL SELECT pid, datid, relid, 'ANALYZE', phase, CASE phase"
  "   WHEN 'computing extended statistics' THEN ext_stats_computed"
  "   WHEN 'acquiring inherited sample rows' THEN child_tables_done"
  "   WHEN 'acquiring sample rows' THEN sample_blks_scanned " BLOCKS " END,"
  " CASE phase WHEN 'computing extended statistics' THEN ext_stats_total"
  "   WHEN 'acquiring inherited sample rows' THEN child_tables_total"
  "   WHEN 'acquiring sample rows' THEN sample_blks_total " BLOCKS " END,"
  " CASE phase WHEN 'computing extended statistics' THEN 'statistics'"
  "   WHEN 'acquiring inherited sample rows' THEN 'tables' ELSE 'bytes' END, 0"
  " FROM pg_stat_progress_analyze"
  " UNION ALL SELECT pid, NULL::oid, 0::oid, 'base backup', phase, backup_streamed, backup_total, 'bytes', 0"
  " FROM pg_stat_progress_basebackup";

/* The total is known when the file's size is. */
static const char since_14_sql[] =
  " UNION ALL SELECT pid, datid, relid, command, CASE WHEN type IS NOT NULL THEN lower(type) END,"
  " CASE WHEN bytes_total > 0 OR command = 'COPY FROM' THEN bytes_processed ELSE tuples_processed END,"
  " nullif(bytes_total, 0), CASE WHEN bytes_total > 0 OR command = 'COPY FROM' THEN 'bytes' ELSE 'rows' END, 0"
  " FROM pg_stat_progress_copy";

static char *progress_make(struct postgres_page_call *call, struct err *err) {
  const int version = call->version;
  (void)err;
  return mem_printf(
    "WITH p AS (%s%s%s%s), edges AS (SELECT pid, pg_blocking_pids(pid) AS blockers"
    "   FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    "   ORDER BY pid IN (SELECT pid FROM p) DESC, query_start LIMIT 100)"
    " SELECT s.pid || coalesce('/' || floor(extract(epoch FROM s.backend_start))::bigint || '.'"
    "   || to_char(s.backend_start, 'US'), '') AS key, 'pid ' || s.pid AS session,"
    " CASE WHEN s.backend_type = 'autovacuum worker' THEN 'autovacuum: ' ELSE '' END || p.command AS command,"
    " CASE WHEN c.oid IS NOT NULL THEN format('%%I.%%I', n.nspname, c.relname)"
    "   ELSE 'relation ' || nullif(p.relid, 0) END AS relation,"
    " p.phase AS phase, p.done AS done_count, p.total AS total_count, p.unit AS unit,"
    " CASE WHEN s.query_start IS NOT NULL"
    "   THEN greatest(extract(epoch FROM clock_timestamp() - s.query_start), 0) END AS running,"
    " coalesce(array_to_string(e.blockers, ', '), nullif(p.locker, 0)::text) AS blocked_by,"
    " (SELECT string_agg(w.pid::text, ', ' ORDER BY w.pid) FROM edges w WHERE p.pid = ANY (w.blockers))"
    "   AS blocks_sessions, s.usename AS user, s.application_name AS application,"
    " s.datname AS database, s.state AS state, s.wait_event_type || ': ' || s.wait_event AS wait_event,"
    " s.pid AS pid, s.backend_type AS type"
    " FROM p JOIN pg_stat_activity s ON s.pid = p.pid LEFT JOIN edges e ON e.pid = p.pid"
    " LEFT JOIN pg_class c ON c.oid = p.relid AND (p.datid = 0 OR p.datid ="
    "   (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))"
    " LEFT JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY s.query_start, s.pid LIMIT 500",
    version >= 170000 ? vacuum_17_sql : vacuum_sql, version >= 120000 ? since_12_sql : "",
    version >= 130000 ? since_13_sql : "", version >= 140000 ? since_14_sql : "");
}
// clang-format on

static const char *amount(char out[FORMAT_MAX], double number, bool bytes) {
  return bytes ? format_bytes(out, FORMAT_MAX, number)
               : format_count(out, FORMAT_MAX, (int64_t)number);
}

/* DONE, its share and rate, and what is left; from the counts in the unit of the phase. */
static void figures_fill(const struct postgres_page_call *call, struct row *row) {
  char done_text[FORMAT_MAX], total_text[FORMAT_MAX], key[SAMPLE_TEXT_MAX];
  double done, total, rate, window_s;
  struct value *cells = row->cells;
  const char *unit = cells[PROGRESS_UNIT].type == VALUE_TEXT ? cells[PROGRESS_UNIT].text : "";
  const char *phase = cells[PROGRESS_PHASE].type == VALUE_TEXT ? cells[PROGRESS_PHASE].text : "";
  const bool bytes = strcmp(unit, "bytes") == 0;
  if (!*phase || !value_number(cells[PROGRESS_COUNT], &done)) {
    cells[PROGRESS_UNIT] = value_none(NULL);
    return;
  }
  const bool known = value_number(cells[PROGRESS_TOTAL], &total) && total > 0;
  if (known)
    cells[PROGRESS_SHARE] = value_real(done < total ? done / total : 1);
  cells[PROGRESS_DONE] = value_text(sample_printf(
      call->sample, "%s%s%s%s%s", amount(done_text, done, bytes), known ? " of " : "",
      known ? amount(total_text, total, bytes) : "", bytes ? "" : " ", bytes ? "" : unit));
  snprintf(key, sizeof key, "%s/%s", row->key, phase); /* each phase counts from zero */
  const struct value per_second =
      row_past_rate_over(call->past, progress.id, "done", key, done, call->now_us, &window_s);
  if (!value_number(per_second, &rate)) {
    cells[PROGRESS_RATE] = cells[PROGRESS_LEFT] = per_second;
    return;
  }
  cells[PROGRESS_RATE] =
      value_text(sample_printf(call->sample, "%s/s", amount(done_text, rate, bytes)));
  if (known)
    cells[PROGRESS_LEFT] = rate > 0
                               ? value_forecast(done < total ? (total - done) / rate : 0, window_s)
                               : value_none("nothing was done since the collection before");
}

static bool progress_read(struct postgres_page_call *call, const struct pg_rows *rows,
                          struct err *err) {
  struct table *table = sample_table(call->sample, progress.id);
  bool hidden = false;
  if (!postgres_page_rows(call, progress.id, rows, err))
    return false;
  for (size_t i = 0; i < table->row_count; i++) {
    figures_fill(call, &table->rows[i]);
    hidden = hidden || (table->rows[i].cells[PROGRESS_PHASE].type == VALUE_NONE);
  }
  if (hidden)
    sample_note(call->sample, progress.id, progress_columns[PROGRESS_PHASE].id,
                "phase and progress of other roles are hidden: GRANT pg_monitor TO %.64s shows "
                "them",
                call->role);
  return true;
}

static const struct postgres_page own = {.queries = (const struct postgres_page_query[]){
                                             {.make = progress_make, .read = progress_read}, {0}}};

const struct page page_postgres_progress = {
    .spec = {.id = "postgres.progress",
             .kind = "postgres",
             .title = "Progress",
             .question = "Which operations run, and how far are they?",
             .cost = "1 query every 2s; also the blockers of waiting sessions",
             .interval_ms = 2000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
