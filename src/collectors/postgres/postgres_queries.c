#include "collectors/postgres/postgres_queries.h"

#include "core/mem.h"

#include <stdlib.h>

/* The formatter cannot set SQL. */
// clang-format off

/* The collector asks every few seconds, and its statements are prepared: to start and to end a plan
 * takes the server longer than to read what is there. So the plans have few nodes, and read the
 * functions behind the views (same columns, same rights): a view joins pg_database and pg_authid
 * each time. OFFSET 0 keeps a subquery from being merged, which would repeat its expressions.
 *
 * What a role without pg_read_all_stats sees of other sessions: pid, database, user, application
 * and xmin; the query is then '<insufficient privilege>' and all else is NULL
 * (pg_stat_get_activity). Such a session belongs to a client if it has a database and a user, and
 * is neither a walsender nor a worker of a subscription; that still includes parallel workers (see
 * activity_query). */
#define IS_SENDER "EXISTS (SELECT FROM pg_stat_get_wal_senders() w WHERE w.pid = s.pid)"
#define IS_CLIENT \
  "(backend_type = 'client backend'" \
  " OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL" \
  "   AND NOT " IS_SENDER \
  "   AND NOT EXISTS (SELECT FROM pg_stat_get_subscription(NULL) u WHERE u.pid = s.pid)))"
#define IS_KNOWN_CLIENT "backend_type = 'client backend'" /* to a role that sees all */
#define IS_HIDDEN "coalesce(query = '<insufficient privilege>', false)"
#define IS_OTHER "pid <> pg_backend_pid()"

/* Seconds from a time until now, NULL for NULL (greatest alone would return 0); not now(), which is
 * constant within a transaction; and date_part, because extract is numeric since 14, and slower. */
#define AGE_OF(time) \
  "CASE WHEN " time " IS NOT NULL" \
  " THEN greatest(date_part('epoch', clock_timestamp() - " time "), 0) END"

/* A number that may be beyond the largest bigint; NULL for NULL (least alone would take the limit).
 */
#define SATURATED(number) \
  "CASE WHEN " number " IS NOT NULL THEN least(" number ", 9223372036854775807)::bigint END"
/* The same for values that cannot be negative (greatest alone would return 0 for NULL). */
#define SATURATED_LAG(number) \
  "CASE WHEN " number " IS NOT NULL" \
  " THEN greatest(least(" number ", 9223372036854775807), 0)::bigint END"

/* Microseconds since 1970, which a double holds exactly; to_char takes several times as long. */
#define MICROSECONDS(time) "(date_part('epoch', " time ") * 1000000)::bigint"

/* The server refuses a client if only the reserved slots are free (InitPostgres), hence the limit
 * is max_connections minus these; reserved_connections is new in 16. A walsender takes one of these
 * slots before 12, and has its own since: `taken` is the condition. It is `active` for days, which
 * says nothing about queries, and counts as other. Each client is counted in exactly one state;
 * stacktop's own session is idle between two collections, and counts as idle. A parallel worker has
 * the snapshot of its leader: of the hidden sessions with a snapshot that look alike, at least one
 * belongs to a client, and the others may be workers. */
static char *activity_query(const char *client, const char *taken, const char *hidden,
                            const char *doubtful) {
  return mem_printf(
    "SELECT current_setting('max_connections')::int,"
    " current_setting('superuser_reserved_connections')::int"
    "   + coalesce(current_setting('reserved_connections', true)::int, 0),"
    " used, hidden, active, idle, in_transaction, aborted, others, disabled, waiting,"
    " " AGE_OF("query_start") ", " AGE_OF("xact_start") ", " AGE_OF("pg_postmaster_start_time()") ","
    " pg_backend_pid(), pg_is_in_recovery(), pg_has_role('pg_read_all_stats', 'USAGE'),"
    " " MICROSECONDS("pg_postmaster_start_time()") ", doubtful, xmin_age,"
    " EXISTS (SELECT FROM pg_stat_get_wal_senders())"
    "   OR EXISTS (SELECT FROM pg_get_replication_slots())"
    " FROM (SELECT count(*) FILTER (WHERE client OR sender) AS used,"
    "   count(*) FILTER (WHERE client AND other AND hidden) AS hidden,"
    "   count(*) FILTER (WHERE client AND other"
    "     AND state IN ('active', 'fastpath function call')) AS active,"
    "   count(*) FILTER (WHERE client AND (NOT other OR state = 'idle')) AS idle,"
    "   count(*) FILTER (WHERE client AND other AND state = 'idle in transaction')"
    "     AS in_transaction,"
    "   count(*) FILTER (WHERE client AND other AND state = 'idle in transaction (aborted)')"
    "     AS aborted,"
    "   count(*) FILTER (WHERE sender OR (client AND other AND coalesce(state, '') NOT IN ('active',"
    "     'fastpath function call', 'idle', 'idle in transaction',"
    "     'idle in transaction (aborted)'))) AS others,"
    "   count(*) FILTER (WHERE client AND other AND state = 'disabled') AS disabled,"
    "   count(*) FILTER (WHERE client AND other AND wait_event_type = 'Lock') AS waiting,"
    "   min(query_start) FILTER (WHERE client AND other AND state = 'active') AS query_start,"
    "   min(xact_start) FILTER (WHERE client AND other) AS xact_start,"
    "   max(age(backend_xmin)) FILTER (WHERE other) AS xmin_age,"
    "   %s AS doubtful"
    "   FROM (SELECT *, %s AS client, %s AS sender, " IS_OTHER " AS other, %s AS hidden"
    "     FROM pg_stat_get_activity(NULL) s OFFSET 0) seen) a",
    doubtful, client, taken, hidden);
}

static const char doubtful_sessions[] =
  "count(*) FILTER (WHERE client AND other AND hidden AND backend_xmin IS NOT NULL)"
  " - count(DISTINCT (datid, usesysid, application_name))"
  "   FILTER (WHERE client AND other AND hidden AND backend_xmin IS NOT NULL)";

/* The oldest xmin but for those of sessions (activity_query): rows that a snapshot may still see
 * cannot be vacuumed. The timeline is that of the current WAL; the control
 * file has that of the last checkpoint. */
static const char statistics_query[] =
  "SELECT date_part('epoch', clock_timestamp()), date_part('epoch', pg_postmaster_start_time()),"
  " d.*,"
  " greatest((SELECT max(greatest(age(xmin), age(catalog_xmin))) FROM pg_get_replication_slots()),"
  "   p.xid_age),"
  " (SELECT max(age(datfrozenxid)) FROM pg_database),"
  " p.number, p.age,"
  " CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END"
  " FROM (SELECT " SATURATED("sum(xact_commit)") ", " SATURATED("sum(xact_rollback)") ","
  "   " SATURATED("sum(blks_hit)") ", " SATURATED("sum(blks_read)") ","
  "   " SATURATED("sum(deadlocks)") ", " SATURATED("sum(temp_bytes)") ","
  "   date_part('epoch', max(stats_reset)) FROM pg_stat_database) d,"
  " (SELECT count(*) AS number, " AGE_OF("min(prepared)") " AS age,"
  "   max(age(transaction)) AS xid_age FROM pg_prepared_xact()) p";

/* A standby that is cut off has replayed all that it received: only the WAL receiver shows whether
 * it still receives. A role without pg_read_all_stats only sees that there is one. primary_conninfo
 * is a setting since 12, and hidden without pg_read_all_settings: its text stays on the server,
 * because it may contain a password. latest_end_lsn is the primary's end as last reported. After a
 * restart "received" is the start of a segment until WAL arrives, and less than what was
 * replayed. */
static const char standby_query[] =
  "SELECT r.pid IS NOT NULL, r.status, " AGE_OF("r.last_msg_receipt_time") ","
  " extract(epoch FROM current_setting('wal_receiver_timeout')::interval),"
  " c.has_primary, c.has_archive,"
  " CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END,"
  " " SATURATED_LAG("pg_wal_lsn_diff(greatest(l.received, r.latest_end_lsn), l.replayed)") ","
  " CASE WHEN greatest(l.received, r.latest_end_lsn) <= l.replayed THEN 0 ELSE l.age END, l.age,"
  " " SATURATED("pg_wal_lsn_diff(l.replayed, '0/0')") ", l.received IS NOT NULL,"
  " lpad(upper(to_hex(r.received_tli)), 8, '0')"
  " FROM (SELECT pg_last_wal_receive_lsn() AS received, pg_last_wal_replay_lsn() AS replayed,"
  "   " AGE_OF("pg_last_xact_replay_timestamp()") " AS age) l"
  " LEFT JOIN pg_stat_wal_receiver r ON true"
  " CROSS JOIN (SELECT bool_or(setting <> '') FILTER (WHERE name = 'primary_conninfo') AS has_primary,"
  "   bool_or(setting <> '') FILTER (WHERE name = 'restore_command') AS has_archive"
  "   FROM pg_settings WHERE name IN ('primary_conninfo', 'restore_command')) c";

/* Replication connections and unused slots: together, because the slot of a replica stays when the
 * replica is gone. Receivers of WAL (pg_receivewal) and of base backups replay nothing, and are not
 * replicas; without permission to see what they replay, they are recognised by their names. On a
 * standby logical slots may be unused copies of the primary's. replay_lag is NULL if a replica has
 * nothing to do. reply_time is a column since 12. The stage of the lag is the one that most of it
 * waits for. */
static char *replicas_query(const char *inactive) {
  return mem_printf(
    "SELECT r.application_name,"
    " coalesce(host(r.client_addr), CASE WHEN r.client_port = -1 THEN 'local' END),"
    " CASE WHEN NOT s.temporary THEN s.slot_name END, r.state, r.sync_state, r.pid IS NOT NULL,"
    " r.replays, coalesce(s.slot_type = 'logical', false),"
    " CASE WHEN r.replays THEN " SATURATED("pg_wal_lsn_diff(e.lsn, r.replay_lsn)") " END,"
    " CASE WHEN r.replays THEN extract(epoch FROM r.replay_lag) END,"
    " CASE WHEN NOT s.temporary THEN " SATURATED("pg_wal_lsn_diff(e.lsn, s.restart_lsn)") " END,"
    " %s, " AGE_OF("(to_jsonb(r)->>'reply_time')::timestamptz") ","
    " CASE WHEN r.replays THEN " SATURATED("pg_wal_lsn_diff(r.replay_lsn, '0/0')") " END,"
    " CASE WHEN NOT r.replays OR r.replay_lsn >= e.lsn THEN NULL"
    "   WHEN g.most = pg_wal_lsn_diff(e.lsn, r.sent_lsn) THEN 'sending'"
    "   WHEN g.most = pg_wal_lsn_diff(r.sent_lsn, r.write_lsn) THEN 'receiving'"
    "   WHEN g.most = pg_wal_lsn_diff(r.write_lsn, r.flush_lsn) THEN 'flushing'"
    "   WHEN g.most = pg_wal_lsn_diff(r.flush_lsn, r.replay_lsn) THEN 'replaying' END,"
    " count(*) OVER ()"
    " FROM (SELECT *, coalesce(application_name, '') NOT IN"
    "     ('pg_receivewal', 'pg_receivexlog', 'pg_basebackup', 'pg_recvlogical')"
    "     AND (state IS NULL OR (state <> 'backup' AND replay_lsn IS NOT NULL)) AS replays"
    "   FROM pg_stat_replication) r"
    " FULL JOIN pg_replication_slots s ON s.active_pid = r.pid"
    " CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery()"
    "   THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())"
    "   ELSE pg_current_wal_lsn() END AS lsn) e"
    " CROSS JOIN LATERAL (SELECT greatest(pg_wal_lsn_diff(e.lsn, r.sent_lsn),"
    "   pg_wal_lsn_diff(r.sent_lsn, r.write_lsn), pg_wal_lsn_diff(r.write_lsn, r.flush_lsn),"
    "   pg_wal_lsn_diff(r.flush_lsn, r.replay_lsn)) AS most) g"
    " WHERE r.pid IS NOT NULL OR (NOT s.active AND NOT s.temporary AND s.restart_lsn IS NOT NULL"
    "   AND (s.slot_type = 'physical' OR NOT pg_is_in_recovery()))"
    " ORDER BY r.pid IS NULL DESC, r.replays DESC, r.replay_lsn, r.pid, s.slot_name LIMIT %d",
    inactive, POSTGRES_REPLICAS_MAX);
}

/* pg_blocking_pids locks the lock manager, so it is called for lock waiters only, and for
 * waiters_max of them, those that run longest; likewise pg_locks is read only if there is a waiter.
 * Its pid 0 is a prepared transaction. waitstart is new in 14 (and NULL for a moment), leader_pid
 * in 13. A waiter whose blockers
 * were not read is omitted, because it would look like one that is not blocked.
 *
 * The order is that of harm, and comes before the limit: blockers, waiters, then the oldest
 * transactions whatever they do, then the longest in their state. Each of the three classes has its
 * share of the list, so that none crowds out the worst of another.
 *
 * The bytes of a query are in the encoding of its own database; left() and similar functions fail
 * on them in ours (22021). textsend returns them unchanged, because there is no conversion to the
 * client encoding SQL_ASCII (see message); 'escape' makes them ASCII. */
#define SEEN_SESSIONS(client) \
  "(SELECT s.*, pg_get_userbyid(usesysid) AS usename, d.datname," \
  "   pg_encoding_to_char(d.encoding) AS encoding, " client " AS client," \
  "   coalesce(wait_event_type = 'Lock', false) AS waiting" \
  "   FROM pg_stat_get_activity(NULL) s LEFT JOIN pg_database d ON d.oid = s.datid" \
  "   WHERE s." IS_OTHER ")"
/* Their arguments: wait, blockers, leader, hidden, POSTGRES_QUERY_BYTES, total, waiters. */
#define SESSIONS_COLUMNS \
  " SELECT s.pid, " MICROSECONDS("backend_start") ", backend_type, usename," \
  " datname, application_name," \
  " coalesce(host(client_addr), CASE WHEN client_port = -1 THEN 'local' END), state," \
  " " AGE_OF("xact_start") ", " AGE_OF("query_start") ", " AGE_OF("state_change") "," \
  " wait_event_type, wait_event, %s, %s, age(backend_xmin), %s," \
  " %s, encode(substring(textsend(query) FROM 1 FOR %d), 'escape')," \
  " " MICROSECONDS("query_start") ", " MICROSECONDS("state_change") ", encoding, %s, %s"

static char *sessions_query(const char *waits, const char *wait, const char *leader,
                            int sessions_max, int waiters_max) {
  return mem_printf(
    "WITH seen AS " SEEN_SESSIONS(IS_CLIENT) ","
    "   blocked AS (SELECT pid, pg_blocking_pids(pid) AS blockers FROM (SELECT pid FROM seen"
    "     WHERE waiting ORDER BY query_start, pid LIMIT %d) w),"
    "   waits AS (%s),"
    "   judged AS (SELECT s.*, b.blockers, CASE WHEN k.pid IS NOT NULL THEN 0"
    "       WHEN b.pid IS NOT NULL THEN 1 WHEN client THEN 2 END AS class"
    "     FROM seen s LEFT JOIN blocked b ON b.pid = s.pid"
    "     LEFT JOIN (SELECT DISTINCT unnest(blockers) AS pid FROM blocked) k ON k.pid = s.pid),"
    "   counts AS (SELECT count(class) AS total, count(*) FILTER (WHERE waiting) AS waiters"
    "     FROM judged),"
    "   ranked AS (SELECT *, row_number() OVER (PARTITION BY class ORDER BY"
    "     CASE WHEN class = 1 THEN query_start ELSE xact_start END, state_change, pid) AS place"
    "     FROM judged WHERE class < 2 OR (class = 2 AND NOT waiting))"
    SESSIONS_COLUMNS
    " FROM ranked s CROSS JOIN counts LEFT JOIN waits w ON w.pid = s.pid"
    " ORDER BY place > %d, class, place LIMIT %d",
    waiters_max, waits, wait, "array_to_string(blockers, ',')", leader, IS_HIDDEN, POSTGRES_QUERY_BYTES,
    "total", "waiters", sessions_max / 3, sessions_max);
}

/* The same while there is one class only. */
static char *quiet_query(const char *leader) {
  return mem_printf(
    SESSIONS_COLUMNS
    " FROM " SEEN_SESSIONS(IS_KNOWN_CLIENT) " s WHERE client OR waiting"
    " ORDER BY xact_start, state_change, s.pid LIMIT %d",
    "NULL", "NULL", leader, "false", POSTGRES_QUERY_BYTES, "NULL", "NULL", POSTGRES_SESSIONS_MAX);
}

static const char waits_14[] =
  "SELECT pid, min(waitstart) AS since FROM pg_locks"
  " WHERE NOT granted AND EXISTS (SELECT FROM blocked) GROUP BY pid";
static const char wait_14[] =
  "CASE WHEN blockers IS NOT NULL THEN coalesce(" AGE_OF("w.since") ", 0) END";

// clang-format on

/* The implicit transaction of a message with several statements: SET LOCAL applies until its end.
 * With SQL_ASCII the server converts no text, so that no conversion can fail: names of roles and
 * databases are shared by databases of all encodings. The reader converts them to UTF-8
 * (clients/postgres/pg_text.h). */
char *postgres_message(const struct postgres_timeouts *timeouts, const char *query) {
  return mem_printf("SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = %d;"
                    " SET LOCAL lock_timeout = %d; SET LOCAL search_path = pg_catalog;"
                    " SET LOCAL client_encoding = 'SQL_ASCII'; %s",
                    timeouts->statement_ms, timeouts->lock_ms, query);
}

char *postgres_standby_query(const struct postgres_timeouts *timeouts) {
  return postgres_message(timeouts, standby_query);
}

char *postgres_replicas_query(const struct postgres_timeouts *timeouts, int version) {
  char *query = replicas_query(version >= 170000 ? AGE_OF("s.inactive_since") : "NULL");
  char *text = postgres_message(timeouts, query);
  free(query);
  return text;
}

/* The permission to call it may be revoked from PUBLIC: then only this query fails. */
static const char identity_query[] = "SELECT system_identifier FROM pg_control_system()";

char *postgres_identity_query(const struct postgres_timeouts *timeouts) {
  return postgres_message(timeouts, identity_query);
}

char *postgres_activity_query(const struct postgres_timeouts *timeouts, int version,
                              bool sees_all) {
  const bool takes = version < 120000;
  char *query =
      sees_all
          ? activity_query(IS_KNOWN_CLIENT, takes ? "backend_type = 'walsender'" : "false", "false",
                           "0")
          : activity_query(IS_CLIENT, takes ? IS_SENDER : "false", IS_HIDDEN, doubtful_sessions);
  char *text = postgres_message(timeouts, query);
  free(query);
  return text;
}

char *postgres_statistics_query(const struct postgres_timeouts *timeouts) {
  return postgres_message(timeouts, statistics_query);
}

char *postgres_quiet_query(const struct postgres_timeouts *timeouts, int version) {
  char *query = quiet_query(version >= 130000 ? "leader_pid" : "NULL");
  char *text = postgres_message(timeouts, query);
  free(query);
  return text;
}

char *postgres_sessions_query(const struct postgres_timeouts *timeouts, int version,
                              int sessions_max, int waiters_max) {
  bool tells_waits = version >= 140000, tells_leader = version >= 130000;
  char *query = sessions_query(tells_waits ? waits_14 : "SELECT NULL::int AS pid",
                               tells_waits ? wait_14 : "NULL", tells_leader ? "leader_pid" : "NULL",
                               sessions_max, waiters_max);
  char *text = postgres_message(timeouts, query);
  free(query);
  return text;
}
