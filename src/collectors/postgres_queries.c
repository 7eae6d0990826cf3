#include "collectors/postgres_queries.h"

#include "core/mem.h"

#include <stdlib.h>

/* The formatter cannot set SQL. */
// clang-format off

/* What somebody without pg_read_all_stats sees of others' sessions: pid, database, user,
 * application and xmin; the query is then '<insufficient privilege>' and all else is NULL
 * (pg_stat_get_activity). Such a session is a client's if it has a database and a user; that takes
 * in parallel workers and logical walsenders. Walsenders have slots of their own since 12. */
#define IS_CLIENT \
  "(backend_type = 'client backend'" \
  " OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL)" \
  " OR (backend_type = 'walsender' AND current_setting('server_version_num')::int < 120000))"
#define IS_HIDDEN "coalesce(query = '<insufficient privilege>', false)"
#define IS_OTHER "pid <> pg_backend_pid()"

/* Seconds from a time until now, NULL for NULL (greatest alone would say 0); not now(), which
 * stands still within a transaction. */
#define AGE_OF(time) \
  "CASE WHEN " time " IS NOT NULL" \
  " THEN greatest(extract(epoch FROM clock_timestamp() - " time "), 0) END"

/* A time to the microsecond, as psql takes it. */
#define MOMENT(time) \
  "to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"

/* The server refuses a client when no more than the reserved slots are free (InitPostgres), hence
 * the limit is max_connections less these; reserved_connections is new in 16. */
static const char activity_query[] =
  "SELECT current_setting('max_connections')::int,"
  " current_setting('superuser_reserved_connections')::int"
  "   + coalesce(current_setting('reserved_connections', true)::int, 0),"
  " a.*, " AGE_OF("pg_postmaster_start_time()") ","
  " pg_backend_pid(), pg_is_in_recovery(), pg_has_role('pg_read_all_stats', 'USAGE')"
  " FROM (SELECT count(*) FILTER (WHERE client),"
  "   count(*) FILTER (WHERE other AND hidden),"
  "   count(*) FILTER (WHERE other AND state = 'active'),"
  "   count(*) FILTER (WHERE other AND state = 'idle'),"
  "   count(*) FILTER (WHERE other AND state = 'idle in transaction'),"
  "   count(*) FILTER (WHERE other AND state = 'idle in transaction (aborted)'),"
  "   count(*) FILTER (WHERE other AND wait_event_type = 'Lock'),"
  "   " AGE_OF("min(query_start) FILTER (WHERE other AND state = 'active')") ","
  "   " AGE_OF("min(xact_start) FILTER (WHERE other)")
  "   FROM (SELECT state, wait_event_type, query_start, xact_start, " IS_CLIENT " AS client,"
  "     " IS_CLIENT " AND " IS_OTHER " AS other, " IS_HIDDEN " AS hidden"
  "     FROM pg_stat_activity) s) a";

/* The oldest xmin: whatever somebody may still see cannot be vacuumed. It is held by sessions,
 * replication slots or prepared transactions. A replica's lag is in bytes of WAL; its replay_lag is
 * NULL when it has nothing to do. A standby's own delay is 0 when all received is replayed. */
static const char statistics_query[] =
  "SELECT extract(epoch FROM clock_timestamp()), extract(epoch FROM pg_postmaster_start_time()),"
  " d.*,"
  " greatest((SELECT max(age(backend_xmin)) FROM pg_stat_activity WHERE " IS_OTHER "),"
  "   (SELECT max(greatest(age(xmin), age(catalog_xmin))) FROM pg_replication_slots), p.xid_age),"
  " (SELECT max(age(datfrozenxid)) FROM pg_database),"
  " p.number, p.age, r.*,"
  " CASE WHEN pg_is_in_recovery() THEN"
  "   pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint END,"
  " CASE WHEN NOT pg_is_in_recovery() THEN NULL"
  "   WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0"
  "   ELSE " AGE_OF("pg_last_xact_replay_timestamp()") " END"
  " FROM (SELECT sum(xact_commit)::bigint, sum(xact_rollback)::bigint, sum(blks_hit)::bigint,"
  "   sum(blks_read)::bigint, sum(deadlocks)::bigint, sum(temp_bytes)::bigint,"
  "   extract(epoch FROM max(stats_reset)) FROM pg_stat_database) d,"
  " (SELECT count(*) AS number, " AGE_OF("min(prepared)") " AS age,"
  "   max(age(transaction)) AS xid_age FROM pg_prepared_xacts) p,"
  " (SELECT count(*), max(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery()"
  "   THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, replay_lsn))::bigint,"
  "   max(extract(epoch FROM replay_lag)) FROM pg_stat_replication) r";

/* pg_blocking_pids takes the lock manager for itself, so it is called for lock waiters only, and
 * for POSTGRES_WAITERS_MAX of them, those that run longest; likewise pg_locks is read only when
 * somebody waits. Its pid 0 is a prepared transaction. waitstart is new in 14 (and NULL for a
 * moment), leader_pid in 13. backend_start is told in microseconds, which a double holds exactly.
 * Blockers come first, so that none is cut off; a waiter whose blockers were not asked for is left
 * out, for it would look like one that nobody blocks. */
static char *sessions_query(const char *waits, const char *wait, const char *leader) {
  return mem_printf(
    "WITH seen AS (SELECT *, row_number() OVER (PARTITION BY wait_event_type = 'Lock'"
    "     ORDER BY query_start, pid) AS nth FROM pg_stat_activity WHERE " IS_OTHER "),"
    "   blocked AS (SELECT pid, pg_blocking_pids(pid) AS blockers FROM seen"
    "     WHERE wait_event_type = 'Lock' AND nth <= %d),"
    "   blocking AS (SELECT DISTINCT unnest(blockers) AS pid FROM blocked),"
    "   waits AS (%s)"
    " SELECT s.pid, (extract(epoch FROM backend_start) * 1000000)::bigint, backend_type, usename,"
    " datname, application_name,"
    " coalesce(host(client_addr), CASE WHEN client_port = -1 THEN 'local' END), state,"
    " " AGE_OF("xact_start") ", " AGE_OF("query_start") ", " AGE_OF("state_change") ","
    " wait_event_type, wait_event, %s, array_to_string(b.blockers, ','), age(backend_xmin), %s,"
    " " IS_HIDDEN ", left(query, 1024), " MOMENT("query_start") ", " MOMENT("state_change")
    " FROM seen s LEFT JOIN blocked b ON b.pid = s.pid LEFT JOIN waits w ON w.pid = s.pid"
    " WHERE (" IS_CLIENT " AND wait_event_type IS DISTINCT FROM 'Lock')"
    "   OR b.pid IS NOT NULL OR s.pid IN (SELECT pid FROM blocking)"
    " ORDER BY CASE WHEN s.pid IN (SELECT pid FROM blocking) THEN 0"
    "   WHEN b.pid IS NOT NULL THEN 1 WHEN state LIKE 'idle in%%' THEN 2"
    "   WHEN state <> 'idle' THEN 3 ELSE 4 END, xact_start, state_change, s.pid LIMIT %d",
    POSTGRES_WAITERS_MAX, waits, wait, leader, POSTGRES_SESSIONS_MAX + 1);
}

static const char waits_14[] =
  "SELECT pid, min(waitstart) AS since FROM pg_locks"
  " WHERE NOT granted AND EXISTS (SELECT FROM blocked) GROUP BY pid";
static const char wait_14[] =
  "CASE WHEN b.pid IS NOT NULL THEN coalesce(" AGE_OF("w.since") ", 0) END";

// clang-format on

/* The implicit transaction of a message with several statements: SET LOCAL holds until its end. */
static char *message(const struct postgres_timeouts *timeouts, const char *query) {
  return mem_printf("SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = %d;"
                    " SET LOCAL lock_timeout = %d; SET LOCAL search_path = pg_catalog; %s",
                    timeouts->statement_ms, timeouts->lock_ms, query);
}

char *postgres_activity_query(const struct postgres_timeouts *timeouts) {
  return message(timeouts, activity_query);
}

char *postgres_statistics_query(const struct postgres_timeouts *timeouts) {
  return message(timeouts, statistics_query);
}

char *postgres_sessions_query(const struct postgres_timeouts *timeouts, int version) {
  bool tells_waits = version >= 140000, tells_leader = version >= 130000;
  char *query =
      sessions_query(tells_waits ? waits_14 : "SELECT NULL::int AS pid",
                     tells_waits ? wait_14 : "NULL", tells_leader ? "leader_pid" : "NULL");
  char *text = message(timeouts, query);
  free(query);
  return text;
}
