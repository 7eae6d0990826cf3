/* The sessions that an action is about, read from the server itself: the model's list is cut, and
 * some seconds old. It also reads the sessions that wait for a lock and those that hold it, so that
 * the plan can say what each of them blocks.
 *
 * The query is a message of the simple protocol without values: only numbers are put into it. */
#include "actions/postgres/sessions/postgres_sessions.h"

#include "actions/found.h"
#include "actions/postgres/postgres_sql.h"
#include "clients/postgres/pg_text.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WANTED_MAX = 8000, WAITERS_MAX = 200, ROWS_MAX = 9900, QUERY_BYTES = 600 };

/* The ids of the collector's table. */
static const struct column_spec session_columns[SESSION_FOUND_COUNT] = {
    [SESSION_FOUND_LABEL] = {.id = POSTGRES_SESSIONS_ID_SESSION},
    [SESSION_FOUND_PID] = {.id = POSTGRES_SESSIONS_ID_PID, .unit = UNIT_COUNT},
    [SESSION_FOUND_TYPE] = {.id = POSTGRES_SESSIONS_ID_TYPE},
    [SESSION_FOUND_USER] = {.id = POSTGRES_SESSIONS_ID_USER},
    [SESSION_FOUND_DATABASE] = {.id = POSTGRES_SESSIONS_ID_DATABASE},
    [SESSION_FOUND_APPLICATION] = {.id = POSTGRES_SESSIONS_ID_APPLICATION},
    [SESSION_FOUND_CLIENT] = {.id = POSTGRES_SESSIONS_ID_CLIENT},
    [SESSION_FOUND_STATE] = {.id = POSTGRES_SESSIONS_ID_STATE},
    [SESSION_FOUND_STATE_AGE] = {.id = POSTGRES_SESSIONS_ID_STATE_AGE, .unit = UNIT_SECONDS},
    [SESSION_FOUND_TRANSACTION_AGE] = {.id = POSTGRES_SESSIONS_ID_TRANSACTION_AGE,
                                       .unit = UNIT_SECONDS},
    [SESSION_FOUND_BLOCKS] = {.id = POSTGRES_SESSIONS_ID_BLOCKS, .unit = UNIT_COUNT},
    [SESSION_FOUND_BLOCKED_BY] = {.id = POSTGRES_SESSIONS_ID_BLOCKED_BY},
    [SESSION_FOUND_QUERY] = {.id = POSTGRES_SESSIONS_ID_QUERY},
    [SESSION_FOUND_QUERY_START] = {.id = POSTGRES_SESSIONS_ID_QUERY_START},
    [SESSION_FOUND_STATE_CHANGE] = {.id = POSTGRES_SESSIONS_ID_STATE_CHANGE},
    [SESSION_FOUND_WANTED] = {.id = "wanted", .unit = UNIT_COUNT},
};
const struct table_spec postgres_sessions_found_table =
    POSTGRES_TABLE_SPEC(POSTGRES_SESSIONS_TABLE, "Sessions", session_columns);

/* ---- the question */

// clang-format off
#define AGE_OF(time) "greatest(extract(epoch FROM clock_timestamp() - " time "), 0)"

/* The columns of the answer after the table's. */
enum {
  A_START = SESSION_FOUND_COUNT, A_PARENT, A_PARENT_START, A_IS_HIDDEN, A_ENCODING,
  A_WANTED, A_WAITING, A_HIDDEN, A_COUNT
};

/* %s: which are wanted, and in which order; whether the holders of their locks are followed to the root. pg_blocking_pids locks the lock manager: the number of calls is limited. A prepared transaction blocks as pid 0. As in the collector's tree, the parent is the first existing blocker. A query has the bytes of its own database, which left() and the like refuse in ours; names are sent unconverted (SQL_ASCII) for the same reason. They are made UTF-8 here (clients/postgres/pg_text.h). */
static const char frame[] =
  "SET TRANSACTION READ ONLY; SET LOCAL client_encoding = 'SQL_ASCII';"
  " WITH RECURSIVE seen AS (SELECT s.*, pg_encoding_to_char(d.encoding) AS encoding,"
  "     (extract(epoch FROM backend_start) * 1000000)::bigint AS start_us,"
  "     coalesce(wait_event_type = 'Lock', false) AS waiting,"
  "     coalesce(query = '<insufficient privilege>', false) AS hidden"
  "     FROM pg_stat_activity s LEFT JOIN pg_database d ON d.oid = s.datid"
  "     WHERE pid <> pg_backend_pid()),"
  "   wanted AS (SELECT pid, row_number() OVER (ORDER BY %s, pid) AS nth FROM seen WHERE %s),"
  "   up (pid) AS (SELECT pid FROM wanted WHERE %s UNION"
  "     SELECT unnest(pg_blocking_pids(s.pid)) FROM up JOIN seen s ON s.pid = up.pid"
  "     WHERE s.waiting),"
  "   ranked AS (SELECT pid, row_number() OVER (ORDER BY pid IN (SELECT pid FROM up) DESC,"
  "     query_start, pid) AS nth FROM seen WHERE waiting),"
  "   blocked AS (SELECT pid, pg_blocking_pids(pid) AS blockers FROM ranked WHERE nth <= %d),"
  "   blocking AS (SELECT blocker AS pid, count(DISTINCT pid) AS blocks FROM blocked,"
  "     unnest(blockers) AS blocker GROUP BY 1),"
  "   counts AS (SELECT (SELECT count(*) FROM wanted), count(*) FILTER (WHERE waiting),"
  "     count(*) FILTER (WHERE hidden) FROM seen),"
  "   listed AS (SELECT 'pid ' || s.pid, s.pid, backend_type, usename, datname,"
  "     nullif(application_name, ''),"
  "     coalesce(host(client_addr), CASE WHEN client_port = -1 THEN 'local' END),"
  "     CASE state WHEN 'idle in transaction' THEN '" POSTGRES_STATE_IDLE_IN_TRANSACTION "'"
  "       WHEN 'idle in transaction (aborted)' THEN '" POSTGRES_STATE_ABORTED "'"
  "       WHEN 'fastpath function call' THEN 'fastpath' ELSE state END,"
  "     CASE WHEN state_change IS NOT NULL THEN " AGE_OF("state_change") " END,"
  "     CASE WHEN xact_start IS NOT NULL THEN " AGE_OF("xact_start") " END,"
  "     coalesce(g.blocks, 0), (SELECT string_agg(CASE u.pid WHEN 0 THEN 'prepared'"
  "       ELSE u.pid::text END, ', ' ORDER BY nth) FROM unnest(blockers)"
  "       WITH ORDINALITY AS u (pid, nth)),"
  "     encode(substring(textsend(query) FROM 1 FOR %d), 'escape'),"
  "     " POSTGRES_MOMENT("query_start") ", " POSTGRES_MOMENT("state_change") ","
  "     (w.pid IS NOT NULL)::int, s.start_us, p.pid, p.start_us, hidden, encoding"
  "     FROM seen s LEFT JOIN wanted w ON w.pid = s.pid LEFT JOIN blocked b ON b.pid = s.pid"
  "     LEFT JOIN blocking g ON g.pid = s.pid LEFT JOIN LATERAL (SELECT x.pid, x.start_us"
  "       FROM unnest(blockers) WITH ORDINALITY AS u (pid, nth) JOIN seen x ON x.pid = u.pid"
  "       WHERE x.pid <> s.pid ORDER BY u.nth LIMIT 1) p ON true"
  "     WHERE w.nth <= %d OR b.pid IS NOT NULL OR g.pid IS NOT NULL"
  "       OR s.pid IN (SELECT pid FROM up) ORDER BY w.nth NULLS LAST, s.pid LIMIT %d)"
  " SELECT listed.*, counts.* FROM counts LEFT JOIN listed ON true";
// clang-format on

/* ---- the answer */

static const char unseen[] = "needs pg_monitor";

/* A name from the server, in whatever encoding it was written. */
static struct value name_of(struct sample *sample, const char *cell, const char *encoding) {
  char text[4 * 1024];
  if (!cell)
    return value_none(NULL);
  pg_name_utf8(cell, encoding, text, sizeof text);
  return value_text(sample_copy(sample, text));
}

static struct value query_of(struct sample *sample, const char *escaped, const char *encoding) {
  char bytes[QUERY_BYTES + 1], utf8[3 * QUERY_BYTES + 1];
  if (!escaped)
    return value_none(unseen);
  size_t length = pg_unescape(escaped, bytes, sizeof bytes);
  return value_text(sample_text(sample, utf8, pg_utf8(bytes, length, encoding, utf8, sizeof utf8)));
}

/* The key of the session in these two cells; NULL for none. */
static const char *key_of(struct sample *sample, const char *pid, const char *start) {
  char key[POSTGRES_SESSION_KEY_MAX];
  if (!pid)
    return NULL;
  struct postgres_session_key session = {strtoll(pid, NULL, 10),
                                         start ? strtoll(start, NULL, 10) : -1};
  return sample_copy(sample, postgres_session_key_text(key, session));
}

/* blind: some sessions are hidden, and may wait for any other. */
static bool row_take(struct sample *sample, const struct pg_rows *rows, size_t i, bool blind) {
  const char *encoding = pg_cell(rows, i, A_ENCODING);
  const bool hidden = postgres_is_true(pg_cell(rows, i, A_IS_HIDDEN));
  const char *key = key_of(sample, pg_cell(rows, i, SESSION_FOUND_PID), pg_cell(rows, i, A_START));
  const char *parent = key_of(sample, pg_cell(rows, i, A_PARENT), pg_cell(rows, i, A_PARENT_START));
  struct row *row = postgres_row(sample, &sample->tables[0], key, parent, rows, i);
  if (!row)
    return false;
  struct value *cells = row->cells;
  for (size_t c = SESSION_FOUND_USER; c <= SESSION_FOUND_APPLICATION; c++)
    cells[c] = name_of(sample, pg_cell(rows, i, c), encoding);
  cells[SESSION_FOUND_QUERY] =
      query_of(sample, hidden ? NULL : pg_cell(rows, i, SESSION_FOUND_QUERY), encoding);
  if (blind && cells[SESSION_FOUND_BLOCKS].integer == 0)
    cells[SESSION_FOUND_BLOCKS] = value_none(unseen);
  for (size_t c = 0; hidden && c < SESSION_FOUND_COUNT; c++)
    if (cells[c].type == VALUE_NONE)
      cells[c] = value_none(unseen);
  return true;
}

static bool take(struct step *step, const struct pg_rows *rows) {
  static const char *const facts[] = {POSTGRES_SESSIONS_WANTED, POSTGRES_SESSIONS_WAITING,
                                      POSTGRES_SESSIONS_HIDDEN};
  struct sample *sample = step->found;
  if (rows->rows == 0)
    return step_fail(step, ERR_PROTOCOL, "the sessions could not be read");
  for (size_t f = 0; f < sizeof facts / sizeof *facts; f++)
    found_set_int(sample, facts[f], postgres_int(pg_cell(rows, 0, A_WANTED + f), NULL).integer);
  const bool blind = found_int(sample, POSTGRES_SESSIONS_HIDDEN, 0) > 0;
  bool fits = true;
  for (size_t i = 0; fits && i < rows->rows && pg_cell(rows, i, SESSION_FOUND_PID); i++)
    fits = row_take(sample, rows, i, blind);
  return fits || step_fail(step, ERR_LIMIT, "the answer is too large");
}

/* ---- the bodies */

/* wanted: SQL. climb: also the blockers of the wanted ones, up to the root. */
static bool survey(struct step *step, const char *order, const char *wanted, bool climb) {
  static const struct table_spec *const tables[] = {&postgres_sessions_found_table};
  struct postgres_conn *conn = postgres_survey(postgres_conn_open_urgent(step), tables, 1);
  const char *sql = arena_printf(&step->arena, frame, order, wanted, climb ? "true" : "false",
                                 WAITERS_MAX, QUERY_BYTES, WANTED_MAX, ROWS_MAX);
  const struct pg_rows *rows = postgres_read(conn, A_COUNT, sql, 0, NULL);
  return rows && take(step, rows);
}

const char *postgres_pid_list(struct step *step, const int64_t *pids, size_t count) {
  enum { ROOM = 24 };
  char *list = mem_new((count + 1) * ROOM);
  size_t used = 0;
  for (size_t i = 0; i < count; i++)
    used += (size_t)snprintf(list + used, ROOM, "%s%" PRId64, i ? "," : "", pids[i]);
  const char *copy = count ? arena_text(&step->arena, list, used) : "0";
  free(list);
  return copy;
}

/* The rows of the request, by pid. */
static bool survey_rows(struct step *step, bool climb) {
  const struct action_request *request = step->call->request;
  int64_t *pids = mem_new((request->key_count + 1) * sizeof *pids);
  for (size_t i = 0; i < request->key_count; i++) {
    struct postgres_session_key key = {0};
    pids[i] = postgres_session_key_read(request->keys[i], &key) ? key.pid : 0;
  }
  const char *list = postgres_pid_list(step, pids, request->key_count);
  free(pids);
  return survey(step, "query_start", arena_printf(&step->arena, "pid IN (%s)", list), climb);
}

bool postgres_sessions_survey_where(struct step *step, const char *order, const char *wanted) {
  return survey(step, order,
                arena_printf(&step->arena, "backend_type = 'client backend' AND (%s)", wanted),
                false);
}

/* Those in that state since the time in that column, for at least the age of the only parameter. */
static bool survey_age(struct step *step, const char *state, const char *since) {
  const char *wanted = arena_printf(
      &step->arena, "state %s AND %s <= clock_timestamp() - interval '1 ms' * %" PRId64, state,
      since, step->call->request->params[0].number);
  return postgres_sessions_survey_where(step, since, wanted);
}

bool postgres_sessions_survey_rows(struct step *step) {
  return survey_rows(step, false);
}

bool postgres_sessions_survey_root(struct step *step) {
  return survey_rows(step, true);
}

bool postgres_sessions_survey_active(struct step *step) {
  return survey_age(step, "= 'active'", "query_start");
}

bool postgres_sessions_survey_idle(struct step *step) {
  return survey_age(step, "LIKE 'idle in transaction%'", "state_change");
}

/* ---- results */

const struct row *postgres_session_found(const struct action_request *request, const char *key,
                                         struct err *err) {
  const struct table *table = &request->found->tables[0];
  const struct row *row = table_find(table, key);
  struct postgres_session_key session = {.start_us = -1};
  const bool whole = postgres_session_key_read(key, &session) && session.start_us >= 0;
  for (size_t i = 0; !row && i < table->row_count; i++) {
    if (table->rows[i].cells[SESSION_FOUND_PID].integer != session.pid)
      continue;
    if (!whole) /* any session with that pid is meant */
      return &table->rows[i];
    err_set(err, ERR_INVALID, "the session has ended; pid %" PRId64 " now belongs to another one",
            session.pid);
    return NULL;
  }
  if (!row)
    err_set(err, ERR_INVALID,
            whole ? "pid %" PRId64 " has ended" : "no session has the pid %" PRId64, session.pid);
  return row;
}

const struct row *postgres_session_root(const struct table *table, const struct row *row) {
  for (size_t i = 0; row->parent && i < table->row_count; i++) {
    const struct row *parent = table_find(table, row->parent);
    if (!parent)
      break;
    row = parent;
  }
  return row;
}

bool postgres_pid_next(const char **at, int64_t *pid) {
  char *end;
  *at += strspn(*at, ", ");
  if (!**at)
    return false;
  *pid = strtoll(*at, &end, 10);
  *at = end + strcspn(end, ",");
  return true;
}
