/* The page postgres.groups: who uses the connections. Sessions by application, user, client and
 * database, and by their state, against the limits. */
#include "clients/postgres/postgres_groups.h"
#include "collectors/postgres/pages/postgres_page.h"

#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec groups_columns[] = {
#include "postgres_groups.def"
};
#undef COLUMN
static const struct column_spec connections_columns[] = {
    {.id = "sessions", .title = "sessions", .unit = UNIT_COUNT, .help = "client sessions"},
    {.id = "max", .title = "of", .unit = UNIT_COUNT, .help = "max_connections"},
    {.id = "reserved",
     .title = "reserved",
     .unit = UNIT_COUNT,
     .help = "superuser_reserved_connections, and from 16 on reserved_connections"},
    {.id = "free",
     .title = "free",
     .unit = UNIT_COUNT,
     .help = "max_connections - reserved - sessions: for roles without a reserved slot"},
    {.id = "idle", .title = "idle", .unit = UNIT_COUNT, .help = "wait for their client"},
    {.id = "idle_txn",
     .title = "idle in txn",
     .unit = UNIT_COUNT,
     .help = "idle in transaction, also in an aborted one"},
    {.id = "active", .title = "active", .unit = UNIT_COUNT, .help = "run a query"},
    {.id = "hidden",
     .title = "hidden",
     .unit = UNIT_COUNT,
     .help = "sessions whose state needs pg_monitor"},
};
enum { CONNECTIONS_HIDDEN = 7 };

POSTGRES_PAGE_TABLE(connections, "connections", "Connections", TABLE_SUMMARY);
POSTGRES_PAGE_TABLE(groups, POSTGRES_GROUPS_TABLE, "Sessions by", 0);
static const struct table_spec *const tables[] = {&connections, &groups};

/* The formatter cannot set SQL. */
// clang-format off

#define AGE_OF(time) \
  "CASE WHEN " time " IS NOT NULL" \
  " THEN greatest(extract(epoch FROM clock_timestamp() - " time "), 0) END"
#define COUNT_OF(states) "count(*) FILTER (WHERE c.state IN (" states "))"
#define TRANSACTIONS "'" POSTGRES_STATE_IDLE_IN_TRANSACTION "', '" POSTGRES_STATE_ABORTED "'"
#define BY_STATE \
  " " COUNT_OF("'" POSTGRES_STATE_IDLE "'") " AS idle, " COUNT_OF(TRANSACTIONS) " AS idle_txn," \
  " " COUNT_OF("'" POSTGRES_STATE_ACTIVE "', 'fastpath function call'") " AS active,"

/* This page's own session counts: it uses a connection. */
static const char connections_sql[] =
  "SELECT 'server' AS key, count(*) AS sessions, m.max, m.reserved,"
  " greatest(m.max - m.reserved - count(*), 0) AS free," BY_STATE
  " " COUNT_OF("'hidden'") " AS hidden"
  " FROM (SELECT current_setting('max_connections')::int AS max,"
  "   current_setting('superuser_reserved_connections')::int"
  "   + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved) m,"
  " (SELECT " POSTGRES_GROUPS_STATE("s") " AS state FROM pg_stat_activity s"
  "   WHERE " POSTGRES_GROUPS_CLIENTS("s") ") c GROUP BY m.max, m.reserved";

/* A row of a group, then those of its states. */
static const char groups_sql[] =
  "SELECT CASE grouping(c.state) WHEN 0 THEN c.state || '/' ELSE '' END || c.key AS key,"
  " CASE grouping(c.state) WHEN 0 THEN c.key END AS parent,"
  " CASE grouping(c.state) WHEN 0 THEN c.state ELSE c.shown END AS group, c.kind AS by,"
  " count(*) AS sessions, count(*) / nullif(" POSTGRES_GROUPS_SLOTS ", 0)::float AS share,"
  " CASE grouping(c.state) WHEN 1 THEN l.room END AS limit,"
  " CASE grouping(c.state) WHEN 1 THEN count(*) / nullif(l.room, 0)::float END AS of_limit," BY_STATE
  " " AGE_OF("min(c.state_change) FILTER (WHERE c.state = '" POSTGRES_STATE_IDLE "')") " AS longest_idle,"
  " " AGE_OF("min(c.xact_start)") " AS oldest_txn"
  " FROM (SELECT g.nth, g.kind, g.value, coalesce(nullif(g.value, ''), 'none') AS shown,"
  "   " POSTGRES_GROUPS_KEY("g.kind", "g.value") " AS key, " POSTGRES_GROUPS_STATE("s") " AS state,"
  "   s.state_change, s.xact_start"
  "   FROM pg_stat_activity s CROSS JOIN LATERAL " POSTGRES_GROUPS_VALUES("s")
  "   WHERE " POSTGRES_GROUPS_CLIENTS("s") ") c"
  " LEFT JOIN (SELECT 'user' AS kind, rolname::text AS value, rolconnlimit AS room FROM pg_roles"
  "   UNION ALL SELECT 'database', datname::text, datconnlimit FROM pg_database) l"
  "   ON l.kind = c.kind AND l.value = c.value AND l.room >= 0"
  " GROUP BY c.nth, c.kind, c.key, c.shown, l.room, GROUPING SETS ((), (c.state))"
  " ORDER BY c.nth, max(count(*)) OVER (PARTITION BY c.nth, c.key) DESC, c.key,"
  "   grouping(c.state) DESC, count(*) DESC";
// clang-format on

static bool connections_read(struct postgres_page_call *call, const struct pg_rows *rows,
                             struct err *err) {
  if (!postgres_page_rows(call, connections.id, rows, err))
    return false;
  const struct table *table = sample_table(call->sample, connections.id);
  const struct value hidden =
      table->row_count == 1 ? table->rows[0].cells[CONNECTIONS_HIDDEN] : value_none(NULL);
  if (hidden.type == VALUE_INT && hidden.integer > 0)
    sample_fault(
        call->sample, groups.id, SEVERITY_UNKNOWN,
        "the states of %lld sessions of other roles are hidden, so IDLE and ACTIVE are too "
        "low: GRANT pg_monitor TO %.64s shows them",
        (long long)hidden.integer, call->role);
  return true;
}

static const struct postgres_page own = {
    .queries = (const struct postgres_page_query[]){
        {.table = "connections", .text = connections_sql, .read = connections_read},
        {.table = POSTGRES_GROUPS_TABLE, .limit = 5000, .text = groups_sql},
        {0}}};

const struct page page_postgres_groups = {
    .spec = {.id = "postgres.groups",
             .kind = "postgres",
             .title = "Connections",
             .question = "Who uses the connections?",
             .cost = "3 queries every 5s; pg_stat_activity",
             .interval_ms = 5000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
