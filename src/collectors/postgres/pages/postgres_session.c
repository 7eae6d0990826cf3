/* The page postgres.session: who a session is, what it waits for, which locks it holds, who blocks
 * it and whom it blocks. */
#include "clients/postgres/postgres_contract.h"
#include "clients/postgres/statement.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters of a line of the query: as wide as a small terminal. */
enum { LINE_CHARACTERS = 72, LINES_MAX = 500 };

#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec self_columns[] = {
#include "postgres_session_summary.def"
};
static const struct column_spec chain_columns[] = {
#include "postgres_session_chain.def"
};
static const struct column_spec locks_columns[] = {
#include "postgres_session_locks.def"
};
static const struct column_spec query_columns[] = {
#include "postgres_session_query.def"
};
#undef COLUMN
enum { QUERY_LINE, QUERY_TEXT };

POSTGRES_PAGE_TABLE(self, "session", "Session", TABLE_SUMMARY);
POSTGRES_PAGE_TABLE(chain, POSTGRES_SESSIONS_TABLE, "Blocking chain", TABLE_UNFOLDED);
POSTGRES_PAGE_TABLE(locks, "locks", "Locks", 0);
POSTGRES_PAGE_TABLE(query, "query", "Query", 0);
static const struct table_spec *const tables[] = {&self, &chain, &locks, &query};

/* The formatter cannot set SQL. */
// clang-format off

#define AGE_OF(time) \
  "CASE WHEN " time " IS NOT NULL" \
  " THEN greatest(extract(epoch FROM clock_timestamp() - " time "), 0) END"
/* As postgres_session_key_text writes it. */
#define KEY_OF(alias) \
  alias ".pid || coalesce('/' || floor(extract(epoch FROM " alias ".backend_start))::bigint || '.'" \
  " || to_char(" alias ".backend_start, 'US'), '')"
#define STATE_OF(alias) \
  "CASE " alias ".state WHEN 'idle in transaction' THEN '" POSTGRES_STATE_IDLE_IN_TRANSACTION "'" \
  " WHEN 'idle in transaction (aborted)' THEN '" POSTGRES_STATE_ABORTED "'" \
  " ELSE " alias ".state END"
#define CLIENT_OF(alias) \
  "coalesce(host(" alias ".client_addr), CASE WHEN " alias ".client_port = -1 THEN 'local' END)"

/* The session of the key: the same pid may be that of another session. */
static char *session_make(struct postgres_page_call *call, struct err *err) {
  struct postgres_session_key key;
  const char *text = call->focus->key ? call->focus->key : "";
  if (!postgres_session_key_read(text, &key) || key.pid <= 0) {
    err_set(err, ERR_INVALID, "\"%.60s\" is not a session: use its process id", text);
    return NULL;
  }
  char *start = key.start_us < 0 ? mem_dup("") : mem_printf(
    " AND (extract(epoch FROM s.backend_start) * 1000000)::bigint = %" PRId64, key.start_us);
  char *sql = mem_printf(
    "SELECT " KEY_OF("s") " AS key, 'pid ' || s.pid AS session, " STATE_OF("s") " AS state,"
    " " AGE_OF("s.state_change") " AS state_age,"
    " s.wait_event_type || ': ' || s.wait_event AS wait_event,"
    " " AGE_OF("s.xact_start") " AS transaction_age,"
    " CASE WHEN s.state = 'active' THEN " AGE_OF("s.query_start") " END AS query_age,"
    " s.usename AS user, s.datname AS database, s.application_name AS application,"
    " " CLIENT_OF("s") " || coalesce(':' || nullif(s.client_port, -1), '') AS client,"
    " extract(epoch FROM s.backend_start) AS backend_start, s.backend_type AS type,"
    " s.backend_xid AS xid, age(s.backend_xmin) AS xmin_age,"
    " (SELECT count(*) FROM pg_locks l WHERE l.pid = s.pid) AS locks,"
    " " POSTGRES_PAGE_QUERY(8192)
    " FROM pg_stat_activity s WHERE s.pid = %" PRId64 "%s", key.pid, start);
  free(start);
  return sql;
}

/* Waiting sessions and their blockers; from the session up to what it waits for, and down to those
 * that wait for it. pg_blocking_pids takes locks of the lock manager: of at most 100 waiting
 * sessions. In a queue each waits for all before it, so that the paths through it are too many to
 * follow one by one: UNION leaves out those that lead to the same session by as many steps. */
static char *chain_make(struct postgres_page_call *call, struct err *err) {
  struct postgres_session_key key;
  (void)err;
  if (!postgres_session_key_read(call->focus->key, &key))
    return NULL;
  return mem_printf(
    "WITH RECURSIVE edges AS (SELECT pid, pg_blocking_pids(pid) AS blockers FROM pg_stat_activity"
    "   WHERE wait_event_type = 'Lock' ORDER BY pid = %1$" PRId64 " DESC, query_start LIMIT 100),"
    " up AS (SELECT %1$" PRId64 " AS pid, 0 AS level UNION SELECT b, level + 1"
    "   FROM up JOIN edges e ON e.pid = up.pid, unnest(e.blockers) b"
    "   WHERE level < 10 AND b <> %1$" PRId64 "),"
    " down AS (SELECT %1$" PRId64 " AS pid, 0 AS level UNION SELECT e.pid, level + 1"
    "   FROM down JOIN edges e ON down.pid = ANY (e.blockers)"
    "   WHERE level < 10 AND e.pid <> %1$" PRId64 "),"
    " places AS (SELECT pid, min(place) AS place FROM (SELECT pid, -max(level) AS place FROM up"
    "   GROUP BY pid UNION ALL SELECT pid, max(level) FROM down GROUP BY pid) p GROUP BY pid)"
    " SELECT " KEY_OF("s") " AS key,"
    " CASE WHEN p.place = 0 AND (SELECT count(*) FROM places) > 0 AND b.pid IS NULL THEN NULL"
    "   ELSE " KEY_OF("b") " END AS parent,"
    " 'pid ' || s.pid AS session,"
    " CASE WHEN p.place < 0 THEN 'blocks it' WHEN p.place > 0 THEN 'waits for it'"
    "   ELSE 'this one' END AS place,"
    " " STATE_OF("s") " AS state, " AGE_OF("s.state_change") " AS state_age,"
    " " AGE_OF("s.xact_start") " AS transaction_age,"
    " array_to_string(e.blockers, ', ') AS blocked_by, s.usename AS user,"
    " s.application_name AS application, " CLIENT_OF("s") " AS client, s.datname AS database,"
    " " POSTGRES_PAGE_QUERY(1000) ", s.pid AS pid, s.backend_type AS type,"
    " (SELECT count(*) FROM pg_stat_activity w WHERE w.wait_event_type = 'Lock') AS waiters"
    " FROM places p JOIN pg_stat_activity s ON s.pid = p.pid"
    " LEFT JOIN edges e ON e.pid = p.pid"
    " LEFT JOIN places bp ON bp.pid = e.blockers[1] AND bp.place < p.place"
    " LEFT JOIN pg_stat_activity b ON b.pid = bp.pid"
    " ORDER BY p.place, s.pid", key.pid);
}

enum { WAITERS_MAX = 100 };

static bool chain_read(struct postgres_page_call *call, const struct pg_rows *rows,
                       struct err *err) {
  const int64_t waiters =
      rows->rows > 0 ? postgres_page_count(pg_cell(rows, 0, rows->columns - 1)) : 0;
  if (waiters > WAITERS_MAX)
    sample_note(call->sample, chain.id, NULL,
                "%" PRId64 " sessions wait for locks: only those of %d were followed, first those "
                "that wait longest",
                waiters, WAITERS_MAX);
  return postgres_page_rows(call, chain.id, rows, err);
}

/* A relation of another database has no name here. Locks that differ only in page, tuple or
 * transaction are one row. */
static char *locks_make(struct postgres_page_call *call, struct err *err) {
  struct postgres_session_key key;
  (void)err;
  if (!postgres_session_key_read(call->focus->key, &key))
    return NULL;
  return mem_printf(
    "SELECT l.locktype || '/' || coalesce(l.database, 0) || '/' || coalesce(l.relation, 0) || '/'"
    "   || coalesce(l.classid, 0) || '/' || coalesce(l.objid, 0) || '/' || coalesce(l.objsubid, 0)"
    "   || '/' || l.mode || '/' || l.granted AS key,"
    " coalesce(n.nspname || '.' || c.relname,"
    "   'relation ' || l.relation || coalesce(' of ' || d.datname, ''),"
    "   CASE WHEN l.locktype = 'transactionid' THEN 'transaction ' || min(l.transactionid::text)"
    "     WHEN l.locktype = 'virtualxid' AND l.granted THEN 'its own virtual transaction'"
    "     WHEN l.locktype = 'virtualxid' THEN 'virtual transaction ' || min(l.virtualxid)"
    "     WHEN l.locktype = 'advisory' THEN 'advisory ' || CASE l.objsubid WHEN 1"
    "       THEN ((l.classid::bigint << 32) | l.objid::bigint)::text"
    "       ELSE l.classid::int8 || ', ' || l.objid::int8 END"
    "     ELSE l.locktype || coalesce(' ' || l.classid || ' ' || l.objid, '') END) AS object,"
    " CASE WHEN l.granted THEN 'held' ELSE 'waits' END AS held, l.mode AS mode,"
    " %s AS wait, l.locktype AS type, count(*) AS count, d.datname AS database"
    " FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation AND l.database IN (0,"
    "   (SELECT oid FROM pg_database WHERE datname = current_database()))"
    " LEFT JOIN pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_database d ON d.oid = l.database WHERE l.pid = %" PRId64
    " GROUP BY l.locktype, l.database, l.relation, l.classid, l.objid, l.objsubid, l.mode, l.granted,"
    "   n.nspname, c.relname, d.datname"
    " ORDER BY l.granted, c.relname IS NULL, object, l.mode",
    call->version >= 140000 ? AGE_OF("min(l.waitstart)") : "NULL", key.pid);
}
// clang-format on

/* At most that many characters, the last blank among them if there is one. */
static size_t line_length(const char *text) {
  size_t at = 0, blank = 0, characters = 0;
  for (; text[at] && text[at] != '\n' && characters < LINE_CHARACTERS; characters++) {
    if (text[at] == ' ')
      blank = at;
    for (at++; ((unsigned char)text[at] & 0xC0) == 0x80;)
      at++;
  }
  return text[at] && text[at] != '\n' && blank > 0 ? blank : at;
}

static void query_fill(const struct postgres_page_call *call, const char *text) {
  struct table *table = sample_table(call->sample, query.id);
  for (int line = 1; *text; line++) {
    char key[24];
    const size_t length = line_length(text);
    snprintf(key, sizeof key, "%d", line);
    struct row *row = line <= LINES_MAX ? sample_row(call->sample, table, key, NULL) : NULL;
    if (!row) {
      table->truncated = true;
      return;
    }
    row->cells[QUERY_LINE] = value_int(line);
    row->cells[QUERY_TEXT] = value_text(sample_text(call->sample, text, length));
    text += length;
    text += *text == ' ' || *text == '\n';
  }
}

static bool session_read(struct postgres_page_call *call, const struct pg_rows *rows,
                         struct err *err) {
  if (rows->rows == 0)
    return err_set(err, ERR_INVALID, "%.60s has ended: there is no such session now",
                   call->focus->label ? call->focus->label : call->focus->key);
  if (!postgres_page_rows(call, self.id, rows, err))
    return false;
  const char *text = pg_cell(rows, 0, rows->columns - 2);
  char safe[SAMPLE_TEXT_MAX];
  if (!text)
    return true;
  if (strcmp(text, "<insufficient privilege>") == 0) {
    sample_fault(call->sample, query.id, SEVERITY_UNKNOWN,
                 "query, state and wait event are hidden: GRANT pg_monitor TO %.64s shows them",
                 call->role);
    return true;
  }
  const struct value utf8 = postgres_page_escaped(call, text, pg_cell(rows, 0, rows->columns - 1));
  statement_for_screen(safe, sizeof safe, utf8.text);
  query_fill(call, safe + strspn(safe, " \t\r\n"));
  return true;
}

static bool is_key(const char *text) {
  struct postgres_session_key key;
  return postgres_session_key_read(text, &key) && key.pid > 0;
}

static char *key_of_name(const char *name) {
  return is_key(name) ? mem_dup(name) : NULL;
}

static const struct postgres_page own = {
    .queries =
        (const struct postgres_page_query[]){
            {.make = session_make, .read = session_read},
            {.table = POSTGRES_SESSIONS_TABLE,
             .limit = 200,
             .make = chain_make,
             .read = chain_read},
            {.table = "locks", .limit = 1000, .make = locks_make},
            {0},
        },
};

const struct page page_postgres_session = {
    .spec = {.id = "postgres.session",
             .kind = "postgres",
             .row_of = POSTGRES_SESSIONS_TABLE,
             .key_of_name = key_of_name,
             .title = "Session",
             .question = "What does it run and wait for, whom does it block?",
             .cost = "4 queries every 2s; pg_locks, and the blockers of waiting sessions",
             .interval_ms = 2000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
