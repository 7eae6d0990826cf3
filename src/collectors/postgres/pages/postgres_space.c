/* The page postgres.space: why disk space does not come back. What retains WAL, what keeps dead
 * rows from being vacuumed, how far the transaction numbers are from wraparound, what checkpoints
 * and temporary files do. */
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"

#include <stdio.h>

static const struct column_spec activity_columns[] = {
    {.id = "wal_rate",
     .title = "wal",
     .unit = UNIT_BYTES_PER_SECOND,
     .as = FIGURE_RATE,
     .help = "WAL that is written or, on a standby, received"},
    {.id = "temp_rate",
     .title = "temp",
     .unit = UNIT_BYTES_PER_SECOND,
     .as = FIGURE_RATE,
     .help = "temporary files written: sorts and hashes beyond work_mem; all databases"},
    {.id = "temp_bytes", .title = "temp total", .unit = UNIT_BYTES, .help = "the same, in total"},
    {.id = "timed",
     .title = "checkpoints timed",
     .unit = UNIT_COUNT,
     .help = "because checkpoint_timeout had passed"},
    {.id = "requested",
     .title = "requested",
     .unit = UNIT_COUNT,
     .help = "because max_wal_size was reached, or by command: more of these than timed ones ask "
             "for a larger max_wal_size"},
    {.id = "write_time",
     .title = "writing",
     .unit = UNIT_SECONDS,
     .help = "time that checkpoints spent writing files"},
    {.id = "sync_time",
     .title = "syncing",
     .unit = UNIT_SECONDS,
     .help = "time that checkpoints spent in fsync"},
    {.id = "since",
     .title = "since reset",
     .unit = UNIT_SECONDS,
     .help = "time since the statistics of checkpoints were reset"},
};
static const struct column_spec wal_columns[] = {
    {.id = "holder", .title = "RETAINS WAL", .help = "a slot, the archiver, a setting, a backup"},
    {.id = "bytes",
     .title = "WAL",
     .unit = UNIT_BYTES,
     .priority = 1,
     .help = "that it retains; several retain the same WAL, so this is no sum"},
    {.id = "state", .title = "STATE", .priority = 1, .help = "whether it still moves"},
    {.id = "age",
     .title = "FOR",
     .unit = UNIT_SECONDS,
     .priority = 2,
     .help = "time since it stopped, or began"},
    {.id = "frees",
     .title = "WHAT FREES IT",
     .flags = COLUMN_FLEX,
     .priority = 3,
     .help = "what an operator can do"},
};
static const struct column_spec xmin_columns[] = {
    {.id = "holder",
     .title = "KEEPS DEAD ROWS",
     .help = "a session, slot, standby, or prepared "
             "transaction"},
    {.id = "xids",
     .title = "XIDS",
     .unit = UNIT_COUNT,
     .priority = 1,
     .help = "transactions that began since: dead rows of these cannot be vacuumed"},
    {.id = "age",
     .title = "FOR",
     .unit = UNIT_SECONDS,
     .priority = 2,
     .help = "time since its transaction began, or it was prepared"},
    {.id = "state", .title = "STATE", .priority = 3, .help = "state of the session or slot"},
    {.id = "who", .title = "WHO", .priority = 4, .help = "user, application and database"},
    {.id = "frees",
     .title = "WHAT FREES IT",
     .flags = COLUMN_FLEX,
     .priority = 5,
     .help = "what an operator can do"},
};
static const struct column_spec frozen_columns[] = {
    {.id = "database", .title = "DATABASE", .help = "with the oldest transaction numbers first"},
    {.id = "used",
     .title = "USED",
     .unit = UNIT_RATIO,
     .flags = COLUMN_GAUGE,
     .priority = 1,
     .metric = "postgres.wraparound",
     .threshold = {.has_warn = true, .warn = 0.5, .has_crit = true, .crit = 0.8},
     .help = "age of the oldest number / 2^31: at 100% the server refuses to write"},
    {.id = "age",
     .title = "AGE",
     .unit = UNIT_COUNT,
     .priority = 2,
     .help = "age(datfrozenxid), in transactions"},
    {.id = "left",
     .title = "LEFT",
     .unit = UNIT_COUNT,
     .priority = 2,
     .help = "transactions until the server refuses to write: 3 million before wraparound, until "
             "PostgreSQL 13 1 million"},
    {.id = "multixacts",
     .title = "MULTIXACTS",
     .unit = UNIT_COUNT,
     .priority = 4,
     .help = "mxid_age(datminmxid)"},
    {.id = "freeze_at",
     .title = "FREEZE AT",
     .unit = UNIT_COUNT,
     .priority = 5,
     .help = "autovacuum_freeze_max_age: autovacuum begins on its own at this age"},
    {.id = "oldest",
     .title = "OLDEST TABLE",
     .flags = COLUMN_FLEX,
     .priority = 3,
     .help = "of the connection's database; VACUUM (FREEZE) lowers its age"},
};

POSTGRES_PAGE_TABLE(activity, "activity", "Activity", TABLE_SUMMARY);
POSTGRES_PAGE_TABLE(wal, "wal", "Reasons why WAL stays", 0);
POSTGRES_PAGE_TABLE(xmin, "xmin", "Reasons why dead rows stay", 0);
POSTGRES_PAGE_TABLE(frozen, "frozen", "Databases by age", 0);
static const struct table_spec *const tables[] = {&activity, &wal, &xmin, &frozen};

/* The formatter cannot set SQL. */
// clang-format off

#define END_OF_WAL \
  "CASE WHEN pg_is_in_recovery()" \
  " THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())" \
  " ELSE pg_current_wal_lsn() END"
/* NULL for NULL: greatest alone would return 0. */
#define SINCE(time) \
  "CASE WHEN (" time ") IS NOT NULL" \
  " THEN greatest(extract(epoch FROM clock_timestamp() - (" time ")), 0) END"

/* pg_stat_checkpointer has taken over from pg_stat_bgwriter in 17. */
static char *activity_make(struct postgres_page_call *call, struct err *err) {
  const bool own = call->version >= 170000;
  (void)err;
  return mem_printf(
    "SELECT 'server' AS key, pg_wal_lsn_diff(" END_OF_WAL ", '0/0') AS wal_rate,"
    " t.bytes AS temp_rate, t.bytes AS temp_bytes, c.%s AS timed, c.%s AS requested,"
    " c.%s / 1000.0 AS write_time, c.%s / 1000.0 AS sync_time, " SINCE("c.stats_reset") " AS since"
    " FROM %s c, (SELECT least(sum(temp_bytes), 9e18)::bigint AS bytes FROM pg_stat_database) t",
    own ? "num_timed" : "checkpoints_timed", own ? "num_requested" : "checkpoints_req",
    own ? "write_time" : "checkpoint_write_time", own ? "sync_time" : "checkpoint_sync_time",
    own ? "pg_stat_checkpointer" : "pg_stat_bgwriter");
}

static char *wal_files_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  if (!call->sees_all) {
    sample_fault(call->sample, wal.id, SEVERITY_UNKNOWN,
                 "the size of pg_wal needs a right: GRANT pg_monitor TO %.64s", call->role);
    return NULL;
  }
  return mem_dup("SELECT 'pg_wal' AS key, 'all of pg_wal' AS holder, sum(size) AS bytes,"
                 " count(*) || ' files' AS state FROM pg_ls_waldir()");
}

/* wal_status and safe_wal_size exist since 13, inactive_since since 17: by name, from the row as
 * JSON. */
static const char slots_sql[] =
  "SELECT 'slot/' || s.slot_name AS key, 'slot ' || s.slot_name AS holder,"
  " pg_wal_lsn_diff(" END_OF_WAL ", s.restart_lsn) AS bytes,"
  " CASE WHEN s.active THEN 'in use' ELSE 'not in use' END"
  "   || coalesce(', ' || (to_jsonb(s)->>'wal_status'), '') AS state,"
  " " SINCE("(to_jsonb(s)->>'inactive_since')::timestamptz") " AS age,"
  " CASE WHEN to_jsonb(s)->>'wal_status' = 'lost' THEN 'its reader cannot continue: postgres.drop-slot'"
  "   WHEN s.active THEN 'its ' || CASE s.slot_type WHEN 'logical' THEN 'subscriber'"
  "     ELSE 'standby' END || ' has to catch up'"
  "   WHEN s.restart_lsn IS NULL THEN 'nothing is retained'"
  "   ELSE 'its reader comes back, or postgres.drop-slot; max_slot_wal_keep_size limits it' END AS frees"
  " FROM pg_replication_slots s ORDER BY s.restart_lsn";

/* The segments of before 13 as bytes: 64 segments are 1024 MB. */
static const char kept_sql[] =
  "SELECT 'keep' AS key, s.name AS holder,"
  " s.setting::bigint * CASE s.name WHEN 'wal_keep_size' THEN 1048576 ELSE w.bytes END AS bytes,"
  " CASE WHEN s.setting = '0' THEN 'off' ELSE s.setting || CASE s.name WHEN 'wal_keep_size'"
  "   THEN ' MB' ELSE ' segments of ' || pg_size_pretty(w.bytes) END END AS state,"
  " CASE WHEN s.setting = '0' THEN '' ELSE 'a smaller ' || s.name"
  "   || ' (wal_keep_segments until 12, wal_keep_size in MB from 13 on)' END AS frees"
  " FROM pg_settings s, (SELECT pg_size_bytes(current_setting('wal_segment_size')) AS bytes) w"
  " WHERE s.name IN ('wal_keep_size', 'wal_keep_segments')"
  " UNION ALL SELECT 'max_wal_size', 'max_wal_size', setting::bigint * 1048576,"
  " 'soft limit between checkpoints', 'the next checkpoint; a smaller max_wal_size'"
  " FROM pg_settings WHERE name = 'max_wal_size'";

static const char archiver_sql[] =
  "SELECT 'archiver' AS key, 'archiver' AS holder,"
  " CASE WHEN a.failing THEN 'fails at ' || a.last_failed_wal ELSE 'archives' END AS state,"
  " " SINCE("CASE WHEN a.failing THEN coalesce(a.last_archived_time, a.stats_reset)"
  "   ELSE a.last_archived_time END") " AS age,"
  " CASE WHEN a.failing THEN 'archive_command has to succeed: its error is in the server''s log,'"
  "   || ' failed ' || a.failed_count || ' times' ELSE 'nothing to do' END AS frees"
  " FROM (SELECT *, coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)"
  "   AS failing FROM pg_stat_archiver) a WHERE current_setting('archive_mode') <> 'off'";

static const char backups_sql[] =
  "SELECT 'backup/' || p.pid AS key, 'base backup, pid ' || p.pid AS holder, p.phase AS state,"
  " " SINCE("a.backend_start") " AS age, 'the end of the backup; postgres.terminate ' || p.pid AS frees"
  " FROM pg_stat_progress_basebackup p LEFT JOIN pg_stat_activity a USING (pid)";

static const char xmin_sql[] =
  "SELECT * FROM ("
  "SELECT 'session/' || s.pid AS key, CASE s.backend_type WHEN 'walsender'"
  "   THEN 'standby ' || s.application_name ELSE 'session ' || s.pid END AS holder,"
  " greatest(age(s.backend_xmin), age(s.backend_xid)) AS xids,"
  " " SINCE("s.xact_start") " AS age, coalesce(s.state, s.backend_type) AS state,"
  " concat_ws(', ', s.usename, nullif(s.application_name, ''), s.datname) AS who,"
  " CASE s.backend_type WHEN 'walsender' THEN 'its longest query; hot_standby_feedback there'"
  "   WHEN 'client backend' THEN 'its end; postgres.terminate ' || s.pid"
  "   ELSE 'its end' END AS frees"
  " FROM pg_stat_activity s WHERE s.pid <> pg_backend_pid()"
  "   AND (s.backend_xmin IS NOT NULL OR s.backend_xid IS NOT NULL)"
  " UNION ALL SELECT 'slot/' || s.slot_name, 'slot ' || s.slot_name,"
  " greatest(age(s.xmin), age(s.catalog_xmin)), NULL,"
  " CASE WHEN s.active THEN 'in use' ELSE 'not in use' END"
  "   || CASE WHEN s.xmin IS NULL THEN ', catalogue only' ELSE '' END, s.database::text,"
  " CASE WHEN s.active THEN 'its reader has to catch up' ELSE 'postgres.drop-slot' END"
  " FROM pg_replication_slots s WHERE s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL"
  " UNION ALL SELECT 'prepared/' || p.gid, 'prepared ' || p.gid, age(p.transaction),"
  " " SINCE("p.prepared") ", 'prepared', concat_ws(', ', p.owner, p.database),"
  " 'postgres.rollback-prepared or postgres.commit-prepared' FROM pg_prepared_xacts p) h"
  " ORDER BY xids DESC, key";

static const char frozen_sql[] =
  "SELECT d.oid AS key, d.datname AS database, age(d.datfrozenxid) / 2147483648.0 AS used,"
  " age(d.datfrozenxid) AS age, greatest(2147483647 - age(d.datfrozenxid)::bigint"
  "   - CASE WHEN current_setting('server_version_num')::int < 140000 THEN 1000000 ELSE 3000000 END, 0) AS left,"
  " mxid_age(d.datminmxid) AS multixacts,"
  " current_setting('autovacuum_freeze_max_age') AS freeze_at,"
  " CASE WHEN d.datname = current_database() THEN (SELECT n.nspname || '.' || c.relname"
  "   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
  "   WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> '0'"
  "   ORDER BY age(c.relfrozenxid) DESC LIMIT 1) END AS oldest"
  " FROM pg_database d ORDER BY age(d.datfrozenxid) DESC";
// clang-format on

static const struct postgres_page_query queries[] = {
    {.table = "activity", .make = activity_make},
    {.table = "wal", .make = wal_files_make},
    {.table = "wal", .limit = 200, .text = slots_sql},
    {.table = "wal", .text = archiver_sql},
    {.table = "wal", .text = backups_sql, .version_min = 130000},
    {.table = "wal", .text = kept_sql},
    {.table = "xmin", .limit = 100, .text = xmin_sql},
    {.table = "frozen", .limit = 200, .text = frozen_sql},
    {0}};
static const struct postgres_page own = {.queries = queries};

const struct page page_postgres_space = {
    .spec = {.id = "postgres.space",
             .kind = "postgres",
             .title = "Space",
             .question = "Why is disk space not freed?",
             .cost = "8 queries every 10s; it lists pg_wal",
             .interval_ms = 10000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
