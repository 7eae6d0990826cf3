/* The page postgres.replication: how far each replica is at each stage, what a standby receives and
 * cancels, slots, and logical subscriptions. The same on a primary, a standby and a cascading
 * standby. */
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"

static const char needs_right[] = "needs pg_monitor";

static const struct column_spec server_columns[] = {
    {.id = "role", .title = "role", .help = "primary or standby"},
    {.id = "timeline",
     .title = "timeline",
     .as = FIGURE_COUNT,
     .help = "of the WAL that is written or received"},
    {.id = "source",
     .title = "receives from",
     .none = needs_right,
     .help = "host of the connection, else of primary_conninfo"},
    {.id = "receiver",
     .title = "receiver",
     .none = needs_right,
     .help = "status in pg_stat_wal_receiver"},
    {.id = "contact",
     .title = "last message",
     .unit = UNIT_SECONDS,
     .help = "time since the last message of its source"},
    {.id = "receive_bytes",
     .title = "to receive",
     .unit = UNIT_BYTES,
     .help = "latest_end_lsn - received: what its source had written, as last reported"},
    {.id = "replay_bytes",
     .title = "to replay",
     .unit = UNIT_BYTES,
     .help = "received or announced, and not replayed"},
    {.id = "replay_lag",
     .title = "replay lag",
     .unit = UNIT_SECONDS,
     .help = "age of the last replayed transaction; 0 if all is replayed"},
    {.id = "replay",
     .title = "replay",
     .help = "running, paused by pg_wal_replay_pause(), or what it waits for"},
    {.id = "slot", .title = "slot", .help = "of its source, that it uses"},
    {.id = "synchronous",
     .title = "synchronous",
     .help = "synchronous_standby_names: COMMIT waits for these"},
};
static const struct column_spec replicas_columns[] = {
    {.id = "replica", .title = "REPLICA", .help = "application_name"},
    {.id = "state",
     .title = "STATE",
     .priority = 1,
     .none = needs_right,
     .help = "state in pg_stat_replication"},
    {.id = "sync",
     .title = "SYNC",
     .priority = 3,
     .none = needs_right,
     .help = "sync_state: COMMIT waits for sync and quorum"},
    {.id = "sent_bytes",
     .title = "UNSENT",
     .unit = UNIT_BYTES,
     .priority = 2,
     .none = needs_right,
     .help = "end of WAL - sent_lsn"},
    {.id = "write_bytes",
     .title = "UNWRITTEN",
     .unit = UNIT_BYTES,
     .priority = 4,
     .none = needs_right,
     .help = "end of WAL - write_lsn"},
    {.id = "flush_bytes",
     .title = "UNFLUSHED",
     .unit = UNIT_BYTES,
     .priority = 4,
     .none = needs_right,
     .help = "end of WAL - flush_lsn"},
    {.id = "replay_bytes",
     .title = "UNREPLAYED",
     .unit = UNIT_BYTES,
     .priority = 1,
     .none = needs_right,
     .help = "end of WAL - replay_lsn"},
    {.id = "write_lag",
     .title = "WRITE",
     .unit = UNIT_SECONDS,
     .priority = 5,
     .help = "write_lag; empty while nothing is on its way"},
    {.id = "flush_lag",
     .title = "FLUSH",
     .unit = UNIT_SECONDS,
     .priority = 5,
     .help = "flush_lag; the same"},
    {.id = "replay_lag",
     .title = "REPLAY",
     .unit = UNIT_SECONDS,
     .priority = 1,
     .help = "replay_lag; the same"},
    {.id = "reply",
     .title = "REPLY",
     .unit = UNIT_SECONDS,
     .priority = 2,
     .help = "time since its last reply; from PostgreSQL 12 on"},
    {.id = "stage",
     .title = "LAG ARISES IN",
     .flags = COLUMN_FLEX,
     .priority = 2,
     .none = needs_right,
     .help = "the stage that most of it waits for"},
    {.id = "slot", .title = "SLOT", .priority = 6, .help = "replication slot that it uses"},
    {.id = "client", .title = "CLIENT", .priority = 6, .help = "its address"},
    {.id = "pid", .title = "PID", .priority = 7, .as = FIGURE_COUNT, .help = "of its WAL sender"},
    {.id = "xmin",
     .title = "XMIN",
     .unit = UNIT_COUNT,
     .priority = 7,
     .help = "transactions whose dead rows hot_standby_feedback keeps"},
};
static const struct column_spec slots_columns[] = {
    {.id = "slot", .title = "SLOT", .help = "name"},
    {.id = "type", .title = "TYPE", .priority = 3, .help = "physical or logical"},
    {.id = "state", .title = "STATE", .priority = 1, .help = "whether a session uses it"},
    {.id = "retains",
     .title = "RETAINS",
     .unit = UNIT_BYTES,
     .priority = 1,
     .help = "end of WAL - restart_lsn"},
    {.id = "confirmed",
     .title = "UNCONFIRMED",
     .unit = UNIT_BYTES,
     .priority = 4,
     .help = "of a logical slot: end of WAL - confirmed_flush_lsn"},
    {.id = "wal_status",
     .title = "WAL",
     .priority = 2,
     .help = "reserved, extended, unreserved (may be removed), lost; from PostgreSQL 13 on"},
    {.id = "safe",
     .title = "SAFE",
     .unit = UNIT_BYTES,
     .priority = 3,
     .help = "safe_wal_size: WAL until it may be lost, with max_slot_wal_keep_size"},
    {.id = "inactive",
     .title = "UNUSED FOR",
     .unit = UNIT_SECONDS,
     .priority = 4,
     .help = "inactive_since; from PostgreSQL 17 on"},
    {.id = "xmin",
     .title = "XMIN",
     .unit = UNIT_COUNT,
     .priority = 5,
     .help = "transactions whose dead rows it keeps"},
    {.id = "database", .title = "DATABASE", .priority = 6, .help = "of a logical slot"},
    {.id = "what",
     .title = "WHAT",
     .flags = COLUMN_FLEX,
     .priority = 6,
     .help = "plugin, temporary, why it is invalid"},
};
static const struct column_spec conflicts_columns[] = {
    {.id = "database", .title = "DATABASE", .help = "of the cancelled queries"},
    {.id = "total",
     .title = "TOTAL",
     .unit = UNIT_COUNT,
     .priority = 1,
     .help = "since the statistics were reset"},
    {.id = "snapshot",
     .title = "SNAPSHOT",
     .unit = UNIT_COUNT,
     .priority = 2,
     .help = "rows that the query may see were vacuumed: hot_standby_feedback avoids it"},
    {.id = "lock",
     .title = "LOCK",
     .unit = UNIT_COUNT,
     .priority = 2,
     .help = "an exclusive lock of the primary was replayed"},
    {.id = "pin", .title = "PIN", .unit = UNIT_COUNT, .priority = 3, .help = "a buffer was pinned"},
    {.id = "deadlock",
     .title = "DEADLOCK",
     .unit = UNIT_COUNT,
     .priority = 3,
     .help = "with the replay"},
    {.id = "tablespace",
     .title = "TABLESPACE",
     .unit = UNIT_COUNT,
     .priority = 4,
     .help = "it was dropped"},
    {.id = "logical_slot",
     .title = "LOGICAL SLOT",
     .unit = UNIT_COUNT,
     .priority = 4,
     .none = "needs PostgreSQL 16",
     .help = "a logical slot of the standby was invalidated"},
};
static const struct column_spec subscriptions_columns[] = {
    {.id = "subscription", .title = "SUBSCRIPTION", .help = "name"},
    {.id = "state",
     .title = "STATE",
     .priority = 1,
     .help = "disabled, no worker (see the log of the server), or applying"},
    {.id = "behind",
     .title = "TO RECEIVE",
     .unit = UNIT_BYTES,
     .priority = 1,
     .help = "latest_end_lsn - received_lsn"},
    {.id = "apply_errors",
     .title = "APPLY ERRORS",
     .unit = UNIT_COUNT,
     .priority = 1,
     .none = "needs PostgreSQL 15",
     .help = "apply_error_count"},
    {.id = "copy_errors",
     .title = "COPY ERRORS",
     .unit = UNIT_COUNT,
     .priority = 3,
     .none = "needs PostgreSQL 15",
     .help = "sync_error_count: first copies of tables"},
    {.id = "contact",
     .title = "MESSAGE",
     .unit = UNIT_SECONDS,
     .priority = 2,
     .help = "time since the last message of the publisher"},
    {.id = "reported",
     .title = "REPORTED",
     .unit = UNIT_SECONDS,
     .priority = 4,
     .help = "time since it last reported its position"},
    {.id = "copying",
     .title = "COPYING",
     .unit = UNIT_COUNT,
     .priority = 3,
     .help = "tables that are being copied"},
    {.id = "database",
     .none = "needs PostgreSQL 14",
     .title = "DATABASE",
     .priority = 4,
     .help = "that it belongs to"},
    {.id = "slot",
     .none = "needs PostgreSQL 14",
     .title = "SLOT",
     .priority = 5,
     .help = "of the publisher"},
    {.id = "pid", .title = "PID", .priority = 6, .as = FIGURE_COUNT, .help = "of its worker"},
};

POSTGRES_PAGE_TABLE(server, "server", "This server", TABLE_SUMMARY);
POSTGRES_PAGE_TABLE(replicas, "stages", "Replicas, behind at each stage", 0);
POSTGRES_PAGE_TABLE(slots, "slots", "Replication slots", 0);
POSTGRES_PAGE_TABLE(conflicts, "conflicts", "Queries cancelled by replay", 0);
POSTGRES_PAGE_TABLE(subscriptions, "subscriptions", "Subscriptions of this server", 0);
static const struct table_spec *const tables[] = {&server, &replicas, &slots, &conflicts,
                                                  &subscriptions};

/* The formatter cannot set SQL. */
// clang-format off

#define END_OF_WAL \
  "CASE WHEN pg_is_in_recovery()" \
  " THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())" \
  " ELSE pg_current_wal_lsn() END"
#define SINCE(time) \
  "CASE WHEN " time " IS NOT NULL" \
  " THEN greatest(extract(epoch FROM clock_timestamp() - " time "), 0) END"
/* NULL for NULL: greatest alone would make a zero of what the role cannot see. */
#define BEHIND(from, to) \
  "CASE WHEN " from " IS NOT NULL AND " to " IS NOT NULL" \
  " THEN greatest(pg_wal_lsn_diff(" from ", " to "), 0) END"

/* The host in a connection string, and nothing else of it: the text stays on the server. Passwords
 * of key=value pairs are removed first; a URI with a "?" before its last "@" leaves open where its
 * password ends. */
#define HOST_IN(text) \
  "CASE WHEN " text " ~ '^postgres(ql)?://' THEN CASE WHEN " text " !~ '[?].*@'" \
  "   THEN substring(split_part(" text ", '?', 1) FROM '^[a-z]+://(?:.*@)?([^@/]*)') END" \
  " ELSE substring(regexp_replace(" text "," \
  "   'password\\s*=\\s*(''([^''\\\\]|\\\\.)*''|\\S+)', '', 'gi')" \
  "   FROM '(?:^|\\s)host\\s*=\\s*''?([^''\\s]*)') END"

/* primary_conninfo is a setting since 12; sender_host a column since 11. Without the right
 * neither is visible. */
static const char server_sql[] =
  "SELECT 'server' AS key, CASE WHEN i.standby THEN 'standby' ELSE 'primary' END AS role,"
  " CASE WHEN i.standby THEN coalesce(r.received_tli, c.timeline_id)"
  "   ELSE ('x' || left(i.file, 8))::bit(32)::int END AS timeline,"
  " CASE WHEN i.standby THEN coalesce(nullif(concat_ws(':', to_jsonb(r)->>'sender_host',"
  "   to_jsonb(r)->>'sender_port'), ''), h.host, CASE WHEN i.sees_all THEN 'none' END) ELSE '-' END AS source,"
  " CASE WHEN NOT i.standby THEN '-' WHEN r.pid IS NULL THEN 'not running' ELSE r.status END AS receiver,"
  " CASE WHEN i.standby THEN " SINCE("r.last_msg_receipt_time") " END AS contact,"
  " CASE WHEN i.standby THEN " BEHIND("r.latest_end_lsn", "pg_last_wal_receive_lsn()") " END AS receive_bytes,"
  " CASE WHEN i.standby THEN " BEHIND("greatest(pg_last_wal_receive_lsn(), r.latest_end_lsn)",
                                     "pg_last_wal_replay_lsn()") " END AS replay_bytes,"
  " CASE WHEN i.standby THEN CASE WHEN greatest(pg_last_wal_receive_lsn(), r.latest_end_lsn)"
  "   <= pg_last_wal_replay_lsn() THEN 0 ELSE " SINCE("pg_last_xact_replay_timestamp()") " END END AS replay_lag,"
  " CASE WHEN NOT i.standby THEN '-' WHEN i.paused THEN 'paused: postgres.resume-replay'"
  "   WHEN u.wait_event LIKE 'RecoveryConflict%' THEN 'waits for a query: ' || u.wait_event"
  "   WHEN u.wait_event_type = 'Lock' THEN 'waits for a query that holds a lock: ' || u.wait_event"
  "   WHEN u.wait_event = 'BufferPin' THEN 'waits for a query that pins a buffer'"
  "   WHEN u.wait_event = 'RecoveryApplyDelay' THEN 'waits for recovery_min_apply_delay'"
  "   WHEN i.sees_all THEN 'running' ELSE 'not paused' END AS replay,"
  " CASE WHEN i.standby THEN coalesce(r.slot_name, '-') ELSE '-' END AS slot,"
  " CASE WHEN i.standby THEN '-' ELSE coalesce(nullif(current_setting('synchronous_standby_names'), ''),"
  "   'none') END AS synchronous"
  " FROM (SELECT pg_is_in_recovery() AS standby, pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all,"
  "   CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END AS paused,"
  "   CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END AS file) i"
  " CROSS JOIN (SELECT (pg_control_checkpoint()).timeline_id) c"
  " LEFT JOIN pg_stat_wal_receiver r ON true"
  " LEFT JOIN pg_stat_activity u ON u.backend_type = 'startup'"
  " LEFT JOIN (SELECT " HOST_IN("setting") " AS host FROM pg_settings"
  "   WHERE name = 'primary_conninfo' AND setting <> '') h ON true";

/* Of each replica the part that waits longest for its turn is where the lag arises. What a role
 * without the right cannot see is NULL; times are NULL, too, where nothing is on its way.
 * reply_time is a column since 12. */
static const char replicas_sql[] =
  "SELECT coalesce(r.pid, 0) || '/' || r.application_name AS key, r.application_name AS replica,"
  " r.state, r.sync_state AS sync,"
  " coalesce(host(r.client_addr), CASE WHEN r.client_port = -1 THEN 'local' END) AS client,"
  " " BEHIND("e.lsn", "r.sent_lsn") " AS sent_bytes,"
  " " BEHIND("e.lsn", "r.write_lsn") " AS write_bytes,"
  " " BEHIND("e.lsn", "r.flush_lsn") " AS flush_bytes,"
  " " BEHIND("e.lsn", "r.replay_lsn") " AS replay_bytes,"
  " extract(epoch FROM r.write_lag) AS write_lag, extract(epoch FROM r.flush_lag) AS flush_lag,"
  " extract(epoch FROM r.replay_lag) AS replay_lag,"
  " " SINCE("(to_jsonb(r)->>'reply_time')::timestamptz") " AS reply, s.slot_name AS slot, r.pid,"
  " age(r.backend_xmin) AS xmin,"
  " CASE WHEN r.replay_lsn >= e.lsn THEN 'nowhere'"
  "   WHEN g.most = pg_wal_lsn_diff(e.lsn, r.sent_lsn) THEN 'sending: this server or the network'"
  "   WHEN g.most = pg_wal_lsn_diff(r.sent_lsn, r.write_lsn) THEN 'receiving: the network or the replica'"
  "   WHEN g.most = pg_wal_lsn_diff(r.write_lsn, r.flush_lsn) THEN 'flushing: the disk of the replica'"
  "   WHEN g.most = pg_wal_lsn_diff(r.flush_lsn, r.replay_lsn)"
  "   THEN 'replaying: a conflicting query, a lock or a pause there' END AS stage"
  " FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid"
  " CROSS JOIN (SELECT " END_OF_WAL " AS lsn) e"
  " CROSS JOIN LATERAL (SELECT greatest(pg_wal_lsn_diff(e.lsn, r.sent_lsn),"
  "   pg_wal_lsn_diff(r.sent_lsn, r.write_lsn), pg_wal_lsn_diff(r.write_lsn, r.flush_lsn),"
  "   pg_wal_lsn_diff(r.flush_lsn, r.replay_lsn)) AS most) g"
  " ORDER BY r.replay_lsn NULLS FIRST, r.pid";

/* wal_status and safe_wal_size are columns since 13, inactive_since and invalidation_reason since
 * 17, conflicting in 16. */
static const char slots_sql[] =
  "SELECT s.slot_name AS key, s.slot_name AS slot, s.slot_type AS type,"
  " CASE WHEN s.active THEN 'in use by pid ' || s.active_pid ELSE 'not in use' END AS state,"
  " to_jsonb(s)->>'wal_status' AS wal_status, (to_jsonb(s)->>'safe_wal_size')::numeric AS safe,"
  " " BEHIND("e.lsn", "s.restart_lsn") " AS retains,"
  " CASE WHEN s.slot_type = 'logical' THEN " BEHIND("e.lsn", "s.confirmed_flush_lsn") " END AS confirmed,"
  " greatest(age(s.xmin), age(s.catalog_xmin)) AS xmin,"
  " " SINCE("(to_jsonb(s)->>'inactive_since')::timestamptz") " AS inactive, s.database,"
  " concat_ws(', ', s.plugin, CASE WHEN s.temporary THEN 'temporary' END,"
  "   to_jsonb(s)->>'invalidation_reason') AS what"
  " FROM pg_replication_slots s CROSS JOIN (SELECT " END_OF_WAL " AS lsn) e"
  " ORDER BY s.active, s.restart_lsn NULLS FIRST, s.slot_name";

/* confl_active_logicalslot is a column since 16. */
static const char conflicts_sql[] =
  "SELECT c.datid AS key, c.datname AS database,"
  " c.confl_tablespace + c.confl_lock + c.confl_snapshot + c.confl_bufferpin + c.confl_deadlock"
  "   + coalesce((to_jsonb(c)->>'confl_active_logicalslot')::bigint, 0) AS total,"
  " c.confl_snapshot AS snapshot, c.confl_lock AS lock, c.confl_bufferpin AS pin,"
  " c.confl_deadlock AS deadlock, c.confl_tablespace AS tablespace,"
  " (to_jsonb(c)->>'confl_active_logicalslot')::bigint AS logical_slot"
  " FROM pg_stat_database_conflicts c WHERE c.datname IS NOT NULL ORDER BY total DESC, c.datname";

/* subconninfo is not read. pg_subscription shows its oid to every role since 14; the view has the rest.
 * A worker with a relid copies a table. Errors are counted since 15. */
static char *subscriptions_make(struct postgres_page_call *call, struct err *err) {
  const bool named = call->version >= 140000, counted = call->version >= 150000;
  (void)err;
  return mem_printf(
    "SELECT s.subid AS key, s.subname AS subscription, %s AS database,"
    " CASE WHEN w.pid IS NOT NULL THEN 'applying' %s END AS state, %s AS slot,"
    " w.pid, " SINCE("w.last_msg_receipt_time") " AS contact,"
    " " BEHIND("w.latest_end_lsn", "w.received_lsn") " AS behind,"
    " " SINCE("w.latest_end_time") " AS reported, coalesce(t.number, 0) AS copying,"
    " %s AS apply_errors, %s AS copy_errors"
    " FROM (SELECT DISTINCT subid, subname FROM pg_stat_subscription) s %s"
    " LEFT JOIN LATERAL (SELECT * FROM pg_stat_subscription a WHERE a.subid = s.subid AND a.relid IS NULL%s"
    "   LIMIT 1) w ON true"
    " LEFT JOIN (SELECT subid, count(*) AS number FROM pg_stat_subscription WHERE relid IS NOT NULL"
    "   GROUP BY subid) t ON t.subid = s.subid %s ORDER BY s.subname",
    named ? "d.datname" : "NULL",
    named ? "WHEN NOT p.subenabled THEN 'disabled' ELSE 'no worker'" : "ELSE 'no worker, or disabled'",
    named ? "p.subslotname" : "NULL", counted ? "e.apply_error_count" : "NULL",
    counted ? "e.sync_error_count" : "NULL",
    named ? "JOIN (SELECT oid, subdbid, subenabled, subslotname FROM pg_subscription) p ON p.oid = s.subid"
            " JOIN pg_database d ON d.oid = p.subdbid" : "",
    call->version >= 160000 ? " AND a.leader_pid IS NULL" : "",
    counted ? "LEFT JOIN pg_stat_subscription_stats e ON e.subid = s.subid" : "");
}
// clang-format on

struct memory {
  bool standby;
};

static bool server_read(struct postgres_page_call *call, const struct pg_rows *rows,
                        struct err *err) {
  struct memory *memory = call->memory;
  memory->standby =
      rows->rows == 1 && rows->columns > 1 && pg_cell(rows, 0, 1) && *pg_cell(rows, 0, 1) == 's';
  return postgres_page_rows(call, server.id, rows, err);
}

/* A primary replays nothing, so nothing is cancelled. */
static char *conflicts_make(struct postgres_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  (void)err;
  return memory->standby ? mem_dup(conflicts_sql) : NULL;
}

static void finish(struct postgres_page_call *call) {
  if (!call->sees_all)
    sample_fault(call->sample, replicas.id, SEVERITY_UNKNOWN,
                 "the positions and states of replicas need a right: GRANT pg_monitor TO %.64s",
                 call->role);
}

static const struct postgres_page_query queries[] = {
    {.table = "server", .text = server_sql, .read = server_read},
    {.table = "stages", .limit = 500, .text = replicas_sql},
    {.table = "slots", .limit = 500, .text = slots_sql},
    {.table = "conflicts", .limit = 500, .make = conflicts_make},
    {.table = "subscriptions", .limit = 500, .make = subscriptions_make},
    {0}};
static const struct postgres_page own = {
    .queries = queries, .memory = sizeof(struct memory), .finish = finish};

const struct page page_postgres_replication = {
    .spec = {.id = "postgres.replication",
             .kind = "postgres",
             .title = "Replication",
             .question = "How far is each replica, at each stage?",
             .cost = "5 queries every 5s; they read no tables of users",
             .interval_ms = 5000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
