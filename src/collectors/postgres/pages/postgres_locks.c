/* The page postgres.locks: who waits for which lock, and who holds it. Waiting sessions below those
 * that they wait for, each waiting lock with its holders, locks by relation and mode, advisory
 * locks, and prepared transactions, which hold locks without a session. */
#include "clients/postgres/postgres_contract.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"

#include <inttypes.h>

#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec chain_columns[] = {
#include "postgres_locks_chain.def"
};
static const struct column_spec waits_columns[] = {
#include "postgres_locks_waits.def"
};
#undef COLUMN
enum { FIGURES_WAITING };
static const struct column_spec figures_columns[] = {
    {.id = "waiting",
     .title = "waiting",
     .unit = UNIT_COUNT,
     .help = "sessions that wait for a lock"},
    {.id = "longest",
     .title = "longest",
     .unit = UNIT_SECONDS,
     .none = "needs PostgreSQL 14",
     .help = "the longest of these waits (pg_locks.waitstart)"},
    {.id = "locks", .title = "locks", .unit = UNIT_COUNT, .help = "rows of pg_locks"},
    {.id = "room",
     .title = "of",
     .unit = UNIT_COUNT,
     .help = "max_locks_per_transaction * (max_connections + max_prepared_transactions): room for "
             "locks on objects, at least"},
    {.id = "fastpath",
     .title = "fast path",
     .unit = UNIT_COUNT,
     .help = "locks that take none of that room"},
    {.id = "advisory", .title = "advisory", .unit = UNIT_COUNT, .help = "advisory locks"},
    {.id = "prepared", .title = "prepared", .unit = UNIT_COUNT, .help = "prepared transactions"},
};
static const struct column_spec modes_columns[] = {
    {.id = "object", .title = "LOCKED", .width = 14, .help = "relation, or kind of lock"},
    {.id = "mode", .title = "MODE", .priority = 1, .help = "mode of the lock"},
    {.id = "held", .title = "HELD", .unit = UNIT_COUNT, .priority = 1, .help = "granted locks"},
    {.id = "waiting",
     .title = "WAITING",
     .unit = UNIT_COUNT,
     .priority = 1,
     .help = "locks that are not granted"},
    {.id = "sessions",
     .title = "SESSIONS",
     .unit = UNIT_COUNT,
     .priority = 2,
     .help = "sessions that hold or want it"},
    {.id = "database", .title = "DATABASE", .priority = 3, .help = "of the relation"},
};
static const struct column_spec prepared_columns[] = {
    {.id = "gid", .title = "PREPARED", .width = 14, .help = "global identifier"},
    {.id = "owner", .title = "OWNER", .priority = 1, .help = "who may end it, besides superusers"},
    {.id = "database", .title = "DATABASE", .priority = 2, .help = "in which it has to be ended"},
    {.id = "age",
     .title = "AGE",
     .unit = UNIT_SECONDS,
     .priority = 1,
     .help = "time since it was prepared"},
    {.id = "locks", .title = "LOCKS", .unit = UNIT_COUNT, .priority = 2, .help = "that it holds"},
    {.id = "waiting",
     .title = "WAITING",
     .unit = UNIT_COUNT,
     .priority = 1,
     .help = "sessions that wait for one of these locks"},
    {.id = "frees",
     .title = "WHAT ENDS IT",
     .flags = COLUMN_FLEX,
     .priority = 3,
     .help = "ask its coordinator first"},
};
static const struct column_spec advisory_columns[] = {
    {.id = "object", .title = "ADVISORY", .width = 14, .help = "key, or its two parts"},
    {.id = "mode", .title = "MODE", .priority = 1, .help = "share or exclusive"},
    {.id = "held", .title = "HELD", .priority = 1, .help = "held or waits"},
    {.id = "session", .title = "SESSION", .priority = 1, .help = "process id"},
    {.id = "application", .title = "APPLICATION", .priority = 2, .help = "application_name"},
    {.id = "user", .title = "USER", .priority = 3, .help = "role of the session"},
    {.id = "state", .title = "STATE", .priority = 2, .help = "of the session"},
    {.id = "state_age",
     .title = "FOR",
     .unit = UNIT_SECONDS,
     .priority = 2,
     .help = "time since that state changed"},
    {.id = "database", .title = "DATABASE", .priority = 4, .help = "keys are per database"},
};

POSTGRES_PAGE_TABLE(figures, "figures", "Locks", TABLE_SUMMARY);
POSTGRES_PAGE_TABLE(chain, POSTGRES_SESSIONS_TABLE, "Who waits for whom", TABLE_UNFOLDED);
POSTGRES_PAGE_TABLE(waits, "waits", "Waiting locks and their holders", TABLE_UNFOLDED);
POSTGRES_PAGE_TABLE(prepared, "prepared", "Prepared transactions", 0);
POSTGRES_PAGE_TABLE(advisory, "advisory", "Advisory locks", 0);
POSTGRES_PAGE_TABLE(modes, "modes", "Locks by relation and mode", 0);
static const struct table_spec *const tables[] = {&figures,  &chain,    &waits,
                                                  &prepared, &advisory, &modes};

/* The formatter cannot set SQL. */
// clang-format off

#define AGE_OF(time) \
  "CASE WHEN " time " IS NOT NULL" \
  " THEN greatest(extract(epoch FROM clock_timestamp() - " time "), 0) END"
#define KEY_OF(alias) \
  alias ".pid || coalesce('/' || floor(extract(epoch FROM " alias ".backend_start))::bigint || '.'" \
  " || to_char(" alias ".backend_start, 'US'), '')"
#define STATE_OF(alias) \
  "CASE " alias ".state WHEN 'idle in transaction' THEN '" POSTGRES_STATE_IDLE_IN_TRANSACTION "'" \
  " WHEN 'idle in transaction (aborted)' THEN '" POSTGRES_STATE_ABORTED "'" \
  " ELSE coalesce(" alias ".state, " alias ".backend_type) END"
#define CLIENT_OF(alias) \
  "coalesce(host(" alias ".client_addr), CASE WHEN " alias ".client_port = -1 THEN 'local' END)"
/* What a lock l is on, with c and n, its relation, and d, its database, joined by NAMES. A row lock
 * waits for the transaction that has changed the row, and meanwhile holds the lock of the tuple. */
#define NAMES \
  " LEFT JOIN pg_class c ON c.oid = l.relation AND l.database IN (0," \
  "   (SELECT oid FROM pg_database WHERE datname = current_database()))" \
  " LEFT JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_database d ON d.oid = l.database"
#define RELATION "coalesce(n.nspname || '.' || c.relname, 'relation ' || l.relation || coalesce(' of ' || d.datname, ''))"
#define ADVISORY \
  "CASE l.objsubid WHEN 1 THEN ((l.classid::bigint << 32) | l.objid::bigint)::text" \
  " ELSE l.classid::int8 || ', ' || l.objid::int8 END"
#define OBJECT \
  "CASE l.locktype WHEN 'relation' THEN " RELATION \
  " WHEN 'tuple' THEN 'a row of ' || " RELATION \
  " WHEN 'transactionid' THEN coalesce((SELECT 'a row of ' || coalesce(tc.oid::regclass::text," \
  "     'relation ' || t.relation) || ', changed by ' FROM held t LEFT JOIN pg_class tc ON tc.oid = t.relation" \
  "     AND t.database = (SELECT oid FROM pg_database WHERE datname = current_database())" \
  "     WHERE t.pid = l.pid AND t.locktype = 'tuple' LIMIT 1), '')" \
  "     || 'transaction ' || l.transactionid" \
  " WHEN 'virtualxid' THEN 'transaction ' || l.virtualxid" \
  " WHEN 'advisory' THEN 'advisory ' || " ADVISORY \
  " ELSE l.locktype || coalesce(' of ' || " RELATION ", '') END"
#define SAME_LOCK(a, b) \
  a ".locktype = " b ".locktype AND " a ".database IS NOT DISTINCT FROM " b ".database" \
  " AND " a ".relation IS NOT DISTINCT FROM " b ".relation AND " a ".page IS NOT DISTINCT FROM " b ".page" \
  " AND " a ".tuple IS NOT DISTINCT FROM " b ".tuple AND " a ".virtualxid IS NOT DISTINCT FROM " b ".virtualxid" \
  " AND " a ".transactionid IS NOT DISTINCT FROM " b ".transactionid" \
  " AND " a ".classid IS NOT DISTINCT FROM " b ".classid AND " a ".objid IS NOT DISTINCT FROM " b ".objid" \
  " AND " a ".objsubid IS NOT DISTINCT FROM " b ".objsubid"
/* Locks of prepared transactions have no pid, and the virtual transaction of the one that locks its
 * own number. pg_blocking_pids takes the lock of the lock manager: of the first waiting sessions. */
#define WAITERS_TEXT "200"
#define LOCKS \
  "l AS (SELECT * FROM pg_locks)," \
  " held AS (SELECT * FROM l WHERE granted)," \
  " waiting AS (SELECT *, pg_blocking_pids(pid) AS blockers FROM l WHERE NOT granted ORDER BY pid LIMIT " WAITERS_TEXT ")," \
  " gids AS (SELECT p.*, x.virtualtransaction FROM pg_prepared_xacts p LEFT JOIN l x" \
  "   ON x.locktype = 'transactionid' AND x.pid IS NULL AND x.transactionid = p.transaction)"

static const char figures_sql[] =
  "SELECT 'server' AS key, count(DISTINCT l.pid) FILTER (WHERE NOT l.granted) AS waiting, %s AS longest,"
  " count(*) AS locks, current_setting('max_locks_per_transaction')::bigint"
  "   * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint) AS room,"
  " count(*) FILTER (WHERE l.fastpath) AS fastpath,"
  " count(*) FILTER (WHERE l.locktype = 'advisory') AS advisory,"
  " (SELECT count(*) FROM pg_prepared_xacts) AS prepared FROM pg_locks l WHERE l.pid IS DISTINCT FROM pg_backend_pid()";

/* Each node below the first thing that it waits for and that is there; nodes of a cycle, which the
 * server will break, have none. */
static const char chain_sql[] =
  "WITH RECURSIVE " LOCKS ","
  " nodes AS (SELECT w.pid, w.blockers, (SELECT " OBJECT " FROM waiting l" NAMES " WHERE l.pid = w.pid LIMIT 1) AS lock,"
  "     w.mode, %s AS since, CASE WHEN w.blockers[1] = 0 THEN (SELECT 'prepared/' || g.gid FROM held h JOIN gids g"
  "       ON h.virtualtransaction = g.virtualtransaction WHERE h.pid IS NULL AND " SAME_LOCK("h", "w") " LIMIT 1)"
  "     ELSE w.blockers[1]::text END AS above FROM waiting w"
  "   UNION ALL SELECT DISTINCT b, NULL::int[], NULL, NULL, NULL::timestamptz, NULL FROM waiting w, unnest(w.blockers) b"
  "     WHERE b <> 0 AND b NOT IN (SELECT pid FROM waiting)),"
  " below AS (SELECT n.*, 0 AS depth FROM nodes n WHERE n.above IS NULL OR n.above LIKE 'prepared/%%'"
  "   UNION ALL SELECT n.*, b.depth + 1 FROM nodes n JOIN below b ON n.above = b.pid::text WHERE b.depth < 50),"
  " placed AS (SELECT * FROM below UNION ALL SELECT n.*, 99 FROM nodes n WHERE n.pid NOT IN (SELECT pid FROM below)),"
  " everyone AS (SELECT b AS pid, count(DISTINCT w.pid) AS blocks FROM waiting w, unnest(w.blockers) b GROUP BY 1)"
  " SELECT 'prepared/' || g.gid AS key, NULL AS parent, 'prepared ' || g.gid AS session, NULL AS state,"
  "   " AGE_OF("g.prepared") " AS state_age, count(*) AS blocks, NULL::float AS wait, NULL AS lock, NULL AS mode,"
  "   NULL AS blocked_by, " AGE_OF("g.prepared") " AS transaction_age, g.owner::text AS user, NULL AS application,"
  "   NULL AS client, g.database::text AS database, NULL AS query_escaped, NULL AS encoding, 0 AS pid, NULL AS type, -1 AS depth"
  "   FROM gids g JOIN nodes n ON n.above = 'prepared/' || g.gid GROUP BY g.gid, g.prepared, g.owner, g.database"
  " UNION ALL SELECT " KEY_OF("s") ", CASE WHEN p.depth = 99 THEN NULL WHEN p.above LIKE 'prepared/%%' THEN p.above"
  "   ELSE (SELECT " KEY_OF("a") " FROM pg_stat_activity a WHERE a.pid::text = p.above) END,"
  "   'pid ' || s.pid, " STATE_OF("s") ", " AGE_OF("s.state_change") ", coalesce(e.blocks, 0),"
  "   " AGE_OF("p.since") ", p.lock, p.mode,"
  "   (SELECT string_agg(CASE b WHEN 0 THEN 'prepared' ELSE b::text END, ', ') FROM unnest(p.blockers) b),"
  "   " AGE_OF("s.xact_start") ", s.usename::text, s.application_name, " CLIENT_OF("s") ", s.datname::text,"
  "   " POSTGRES_PAGE_QUERY(1000) ", s.pid, s.backend_type, p.depth"
  "   FROM placed p JOIN pg_stat_activity s ON s.pid = p.pid LEFT JOIN everyone e ON e.pid = p.pid"
  " ORDER BY depth, blocks DESC, pid";

/* A waiting lock, and below it those that hold it, and of those that want it before, the first ones:
 * in a queue, each waits for all before it. Sessions are joined last, to at most 1,000 rows: their
 * view has no index. */
static const char waits_sql[] =
  "WITH " LOCKS ","
  " asked AS (SELECT l.*, " OBJECT " AS object, l.pid || '/' || l.locktype || '/' || l.mode AS name FROM waiting l" NAMES "),"
  " pairs AS (SELECT w.name, h.pid, h.mode, h.granted, h.virtualtransaction,"
  "     row_number() OVER (PARTITION BY w.name ORDER BY h.granted DESC, h.pid) AS place"
  "   FROM asked w JOIN l h ON " SAME_LOCK("h", "w")
  "     AND coalesce(h.pid, 0) = ANY (w.blockers) AND h.pid IS DISTINCT FROM w.pid),"
  " listed AS (SELECT w.name, NULL AS parent, w.object, w.pid, 'waits' AS held, w.mode, %s AS wait, NULL AS virtualtransaction, 0 AS nth"
  "     FROM asked w UNION ALL SELECT NULL, p.name, NULL, p.pid, CASE WHEN p.granted THEN 'holds' ELSE 'waits before it' END,"
  "     p.mode, NULL, p.virtualtransaction, CASE WHEN p.granted THEN 1 ELSE 2 END FROM pairs p"
  "     WHERE p.granted OR p.place <= 10 ORDER BY nth, wait DESC NULLS LAST, name, parent, pid LIMIT 1001)"
  " SELECT coalesce(x.name, x.parent || '/' || coalesce(x.pid::text, g.gid, '?') || '/' || x.mode || '/' || x.held) AS key, x.parent,"
  "   x.object, coalesce('pid ' || x.pid, 'prepared ' || g.gid) AS session, x.held, x.mode, x.wait,"
  "   " STATE_OF("s") " AS state, " AGE_OF("s.state_change") " AS state_age,"
  "   coalesce(" AGE_OF("s.xact_start") ", " AGE_OF("g.prepared") ") AS transaction_age, s.application_name AS application,"
  "   coalesce(s.usename, g.owner) AS user"
  " FROM listed x LEFT JOIN gids g ON x.pid IS NULL AND g.virtualtransaction = x.virtualtransaction"
  "   LEFT JOIN pg_stat_activity s ON s.pid = x.pid"
  " ORDER BY x.nth, x.wait DESC NULLS LAST, key";

static const char modes_sql[] =
  "WITH held AS (SELECT * FROM pg_locks WHERE granted) SELECT l.locktype || '/' || coalesce(l.database, 0) || '/' || coalesce(l.relation, 0) || '/' || l.mode AS key,"
  " CASE WHEN l.relation IS NULL THEN l.locktype WHEN l.locktype = 'relation' THEN " RELATION
  "   ELSE l.locktype || ' of ' || " RELATION " END AS object, l.mode AS mode,"
  " count(*) FILTER (WHERE l.granted) AS held, count(*) FILTER (WHERE NOT l.granted) AS waiting,"
  " count(DISTINCT l.pid) AS sessions, d.datname AS database"
  " FROM pg_locks l" NAMES " WHERE l.pid IS DISTINCT FROM pg_backend_pid() AND l.locktype <> 'virtualxid'"
  " GROUP BY l.locktype, l.database, l.relation, l.mode, n.nspname, c.relname, d.datname"
  " ORDER BY waiting DESC, held DESC, object, mode";

static const char prepared_sql[] =
  "WITH " LOCKS " SELECT 'prepared/' || g.gid AS key, g.gid AS gid, g.owner AS owner, g.database AS database,"
  " " AGE_OF("g.prepared") " AS age, count(h.locktype) AS locks,"
  " (SELECT count(DISTINCT w.pid) FROM waiting w JOIN held m ON " SAME_LOCK("m", "w")
  "   WHERE m.pid IS NULL AND m.virtualtransaction = g.virtualtransaction AND 0 = ANY (w.blockers)) AS waiting,"
  " 'postgres.rollback-prepared or postgres.commit-prepared'"
  "   || CASE WHEN g.database <> current_database() THEN ', in database ' || g.database ELSE '' END AS frees"
  " FROM gids g LEFT JOIN held h ON h.pid IS NULL AND h.virtualtransaction = g.virtualtransaction"
  " GROUP BY g.gid, g.owner, g.database, g.prepared, g.virtualtransaction ORDER BY g.prepared";

static const char advisory_sql[] =
  "WITH " LOCKS " SELECT l.database || '/' || l.classid || '/' || l.objid || '/' || l.objsubid || '/'"
  "   || coalesce(l.pid::text, g.gid, '') || '/' || l.mode || '/' || l.granted AS key,"
  " " ADVISORY " AS object, l.mode AS mode, CASE WHEN l.granted THEN 'held' ELSE 'waits' END AS held,"
  " coalesce('pid ' || l.pid, 'prepared ' || g.gid) AS session, s.application_name AS application,"
  " coalesce(s.usename, g.owner) AS user, coalesce(" STATE_OF("s") ", CASE WHEN l.pid IS NULL THEN 'prepared' END) AS state,"
  " coalesce(" AGE_OF("s.state_change") ", " AGE_OF("g.prepared") ") AS state_age, d.datname AS database"
  " FROM l LEFT JOIN gids g ON l.pid IS NULL AND g.virtualtransaction = l.virtualtransaction"
  " LEFT JOIN pg_stat_activity s ON s.pid = l.pid LEFT JOIN pg_database d ON d.oid = l.database"
  " WHERE l.locktype = 'advisory' ORDER BY l.granted, object, l.pid";
// clang-format on

/* waitstart exists since 14; before it, the change of state is an upper bound, and has a column. */
static char *figures_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_printf(figures_sql, call->version >= 140000 ? AGE_OF("min(l.waitstart)") : "NULL");
}

static char *chain_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_printf(chain_sql, call->version >= 140000 ? "w.waitstart" : "NULL::timestamptz");
}

static char *waits_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_printf(waits_sql, call->version >= 140000 ? AGE_OF("w.waitstart") : "NULL::float");
}

/* pg_locks shows the locks of everyone, pg_stat_activity not what they do. */
static void note_hidden(struct postgres_page_call *call) {
  if (!call->sees_all)
    sample_fault(
        call->sample, chain.id, SEVERITY_UNKNOWN,
        "states, times, clients and queries of other roles are hidden: GRANT pg_monitor TO "
        "%.64s shows them",
        call->role);
}

static void finish(struct postgres_page_call *call) {
  note_hidden(call);
  const struct table *table = sample_table(call->sample, figures.id);
  const int64_t followed = postgres_page_count(WAITERS_TEXT);
  const struct value waiting =
      table->row_count == 1 ? table->rows[0].cells[FIGURES_WAITING] : value_none(NULL);
  if (waiting.type == VALUE_INT && waiting.integer > followed)
    sample_note(call->sample, chain.id, NULL,
                "%" PRId64 " sessions wait for locks: the first %" PRId64
                " by process id are shown",
                waiting.integer, followed);
}

static const struct postgres_page own = {
    .queries =
        (const struct postgres_page_query[]){
            {.table = "figures", .make = figures_make},
            {.table = POSTGRES_SESSIONS_TABLE, .limit = 600, .make = chain_make},
            {.table = "waits", .limit = 1000, .make = waits_make},
            {.table = "prepared", .limit = 200, .text = prepared_sql},
            {.table = "advisory", .limit = 500, .text = advisory_sql},
            {.table = "modes", .limit = 500, .text = modes_sql},
            {0}},
    .finish = finish};

const struct page page_postgres_locks = {
    .spec = {.id = "postgres.locks",
             .kind = "postgres",
             .title = "Locks",
             .question = "Who waits for which lock, and who holds it?",
             .cost = "7 queries every 3s; pg_locks, and the blockers of waiting sessions",
             .interval_ms = 3000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
