/* Whom an action on sessions is about, asked of the server itself: the model's list is cut, and
 * some seconds old. Beside those there are who waits for a lock, and who holds it, so that the plan
 * can tell what each of them frees.
 *
 * The query is a message of the simple protocol without values: what is put into it are numbers. */
#include "actions/postgres/postgres_sessions.h"

#include "clients/postgres/pg_text.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WANTED_MAX = 8000, WAITERS_MAX = 200, ROWS_MAX = 9900, QUERY_BYTES = 600 };

/* The ids of the collector's table. */
static const struct column_spec session_columns[SESSION_FOUND_COUNT] = {
    [SESSION_FOUND_LABEL] = {.id = POSTGRES_SESSIONS_ID_SESSION, .title = "SESSION"},
    [SESSION_FOUND_STATE] = {.id = POSTGRES_SESSIONS_ID_STATE, .title = "STATE"},
    [SESSION_FOUND_STATE_AGE] = {.id = POSTGRES_SESSIONS_ID_STATE_AGE,
                                 .title = "FOR",
                                 .unit = UNIT_SECONDS},
    [SESSION_FOUND_BLOCKS] = {.id = POSTGRES_SESSIONS_ID_BLOCKS,
                              .title = "BLOCKS",
                              .unit = UNIT_COUNT},
    [SESSION_FOUND_BLOCKED_BY] = {.id = POSTGRES_SESSIONS_ID_BLOCKED_BY, .title = "BLOCKED BY"},
    [SESSION_FOUND_TRANSACTION_AGE] = {.id = POSTGRES_SESSIONS_ID_TRANSACTION_AGE,
                                       .title = "TXN",
                                       .unit = UNIT_SECONDS},
    [SESSION_FOUND_USER] = {.id = POSTGRES_SESSIONS_ID_USER, .title = "USER"},
    [SESSION_FOUND_DATABASE] = {.id = POSTGRES_SESSIONS_ID_DATABASE, .title = "DATABASE"},
    [SESSION_FOUND_APPLICATION] = {.id = POSTGRES_SESSIONS_ID_APPLICATION, .title = "APPLICATION"},
    [SESSION_FOUND_CLIENT] = {.id = POSTGRES_SESSIONS_ID_CLIENT, .title = "CLIENT"},
    [SESSION_FOUND_QUERY] = {.id = POSTGRES_SESSIONS_ID_QUERY, .title = "QUERY"},
    [SESSION_FOUND_PID] = {.id = POSTGRES_SESSIONS_ID_PID, .title = "PID"},
    [SESSION_FOUND_TYPE] = {.id = POSTGRES_SESSIONS_ID_TYPE, .title = "TYPE"},
    [SESSION_FOUND_QUERY_START] = {.id = POSTGRES_SESSIONS_ID_QUERY_START,
                                   .title = "QUERY STARTED"},
    [SESSION_FOUND_STATE_CHANGE] = {.id = POSTGRES_SESSIONS_ID_STATE_CHANGE,
                                    .title = "STATE CHANGED"},
    [SESSION_FOUND_WANTED] = {.id = "wanted", .title = "WANTED"},
};
static const struct column_spec count_columns[SESSION_COUNT_COUNT] = {
    [SESSION_COUNT_WANTED] = {.id = "wanted", .title = "WANTED", .unit = UNIT_COUNT},
    [SESSION_COUNT_WAITING] = {.id = "waiting", .title = "WAITING", .unit = UNIT_COUNT},
    [SESSION_COUNT_HIDDEN] = {.id = "hidden", .title = "HIDDEN", .unit = UNIT_COUNT},
};
const struct table_spec postgres_sessions_found_table =
    POSTGRES_TABLE_SPEC(POSTGRES_SESSIONS_TABLE, "Sessions", session_columns);
const struct table_spec postgres_sessions_counts_table =
    POSTGRES_TABLE_SPEC("counts", "Counts", count_columns);

/* ---- the question */

// clang-format off
#define MOMENT(time) \
  "to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
#define AGE_OF(time) \
  "CASE WHEN " time " IS NOT NULL" \
  " THEN greatest(extract(epoch FROM clock_timestamp() - " time "), 0) END"

enum {
  A_WANTED, A_WAITING, A_HIDDEN, A_PID, A_START, A_TYPE, A_USER, A_DATABASE, A_APPLICATION,
  A_CLIENT, A_STATE, A_TRANSACTION_AGE, A_STATE_AGE, A_BLOCKERS, A_IS_HIDDEN, A_QUERY,
  A_QUERY_START, A_STATE_CHANGE, A_IS_WANTED, A_ENCODING, A_COUNT
};

/* %s: which are wanted, and in which order; whether the holders of their locks are looked for to
 * the last one. pg_blocking_pids takes the lock manager for itself: it is called for so many only.
 * A query has the bytes of its own database, which left() and the like refuse in ours; names are
 * told as they are (SQL_ASCII) for the same reason. They are made UTF-8 here (clients/postgres/pg_text.h). */
static const char frame[] =
  "SET TRANSACTION READ ONLY; SET LOCAL client_encoding = 'SQL_ASCII';"
  " WITH RECURSIVE seen AS (SELECT s.*, pg_encoding_to_char(d.encoding) AS encoding,"
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
  "   blocking AS (SELECT DISTINCT unnest(blockers) AS pid FROM blocked),"
  "   counts AS (SELECT (SELECT count(*) FROM wanted), count(*) FILTER (WHERE waiting),"
  "     count(*) FILTER (WHERE hidden) FROM seen),"
  "   listed AS (SELECT s.pid, (extract(epoch FROM backend_start) * 1000000)::bigint,"
  "     backend_type, usename, datname, application_name,"
  "     coalesce(host(client_addr), CASE WHEN client_port = -1 THEN 'local' END), state,"
  "     " AGE_OF("xact_start") ", " AGE_OF("state_change") ", array_to_string(blockers, ','),"
  "     hidden, encode(substring(textsend(query) FROM 1 FOR %d), 'escape'),"
  "     " MOMENT("query_start") ", " MOMENT("state_change") ", w.pid IS NOT NULL, encoding"
  "     FROM seen s LEFT JOIN wanted w ON w.pid = s.pid LEFT JOIN blocked b ON b.pid = s.pid"
  "     WHERE w.nth <= %d OR b.pid IS NOT NULL OR s.pid IN (SELECT pid FROM blocking)"
  "       OR s.pid IN (SELECT pid FROM up) ORDER BY w.nth NULLS LAST, s.pid LIMIT %d)"
  " SELECT * FROM counts LEFT JOIN listed ON true";

// clang-format on

/* ---- the answer */

static const char unseen[] = "needs pg_monitor";

static struct value text_or(struct sample *sample, const char *cell, bool hidden) {
  return postgres_text(sample, cell && *cell ? cell : NULL, hidden ? unseen : NULL);
}

static struct value seconds_of(const char *cell, bool hidden) {
  return cell ? value_real(strtod(cell, NULL)) : value_none(hidden ? unseen : NULL);
}

/* A name of the server's, in whatever encoding it was written. */
static struct value name_or(struct sample *sample, const char *cell, const char *encoding,
                            bool hidden) {
  char text[4 * 1024];
  if (cell)
    pg_name_utf8(cell, encoding, text, sizeof text);
  return text_or(sample, cell ? text : NULL, hidden);
}

static const char *query_text(struct sample *sample, const char *escaped, const char *encoding) {
  char bytes[QUERY_BYTES + 1], utf8[3 * QUERY_BYTES + 1];
  size_t length = pg_unescape(escaped, bytes, sizeof bytes);
  return sample_text(sample, utf8, pg_utf8(bytes, length, encoding, utf8, sizeof utf8));
}

static const char *state_name(const char *state) {
  static const char *const names[][2] = {
      {"idle in transaction", POSTGRES_STATE_IDLE_IN_TRANSACTION},
      {"idle in transaction (aborted)", POSTGRES_STATE_ABORTED},
      {"fastpath function call", "fastpath"}};
  for (size_t i = 0; state && i < sizeof names / sizeof *names; i++)
    if (strcmp(state, names[i][0]) == 0)
      return names[i][1];
  return state;
}

static const char *key_of(struct sample *sample, const struct pg_rows *rows, size_t row) {
  const char *pid = pg_cell(rows, row, A_PID), *start = pg_cell(rows, row, A_START);
  char key[POSTGRES_SESSION_KEY_MAX];
  struct postgres_session_key session = {strtol(pid, NULL, 10),
                                         start ? strtoll(start, NULL, 10) : -1};
  return sample_copy(sample, postgres_session_key_text(key, session));
}

/* Whether the list "8123,8140" has the pid. */
static bool lists(const char *list, int64_t pid) {
  int64_t each;
  while (list && postgres_pid_next(&list, &each))
    if (each == pid)
      return true;
  return false;
}

/* Its first blocker that is listed, as in the collector's tree. */
static const char *parent_of(struct sample *sample, const struct pg_rows *rows, size_t row) {
  const char *list = pg_cell(rows, row, A_BLOCKERS);
  int64_t pid;
  while (list && postgres_pid_next(&list, &pid))
    for (size_t i = 0; pid > 0 && i < rows->rows; i++)
      if (i != row && strtol(pg_cell(rows, i, A_PID), NULL, 10) == pid)
        return key_of(sample, rows, i);
  return NULL;
}

static int64_t count_blocked(const struct pg_rows *rows, long pid) {
  int64_t count = 0;
  for (size_t i = 0; i < rows->rows; i++)
    count += lists(pg_cell(rows, i, A_BLOCKERS), pid);
  return count;
}

/* "8123, 8140"; a prepared transaction has the pid 0. */
static struct value blockers_text(struct sample *sample, const char *list) {
  const char *text = "";
  int64_t pid;
  while (list && postgres_pid_next(&list, &pid)) {
    const char *comma = *text ? ", " : "";
    text = pid ? sample_printf(sample, "%s%s%" PRId64, text, comma, pid)
               : sample_printf(sample, "%s%sprepared", text, comma);
  }
  return *text ? value_text(text) : value_none(NULL);
}

static bool row_take(struct sample *sample, const struct pg_rows *rows, size_t i, bool blind) {
  const char *query = pg_cell(rows, i, A_QUERY), *state = pg_cell(rows, i, A_STATE);
  const char *encoding = pg_cell(rows, i, A_ENCODING);
  const bool hidden = postgres_is_true(pg_cell(rows, i, A_IS_HIDDEN));
  const long pid = strtol(pg_cell(rows, i, A_PID), NULL, 10);
  struct row *row =
      sample_row(sample, &sample->tables[0], key_of(sample, rows, i), parent_of(sample, rows, i));
  if (!row)
    return false;
  struct value *cells = row->cells;
  cells[SESSION_FOUND_LABEL] = value_text(sample_printf(sample, "pid %ld", pid));
  cells[SESSION_FOUND_PID] = value_int(pid);
  cells[SESSION_FOUND_TYPE] = text_or(sample, pg_cell(rows, i, A_TYPE), hidden);
  cells[SESSION_FOUND_USER] = name_or(sample, pg_cell(rows, i, A_USER), encoding, hidden);
  cells[SESSION_FOUND_DATABASE] = name_or(sample, pg_cell(rows, i, A_DATABASE), encoding, hidden);
  cells[SESSION_FOUND_APPLICATION] =
      name_or(sample, pg_cell(rows, i, A_APPLICATION), encoding, hidden);
  cells[SESSION_FOUND_CLIENT] = text_or(sample, pg_cell(rows, i, A_CLIENT), hidden);
  cells[SESSION_FOUND_STATE] = text_or(sample, state_name(state), hidden);
  cells[SESSION_FOUND_TRANSACTION_AGE] = seconds_of(pg_cell(rows, i, A_TRANSACTION_AGE), hidden);
  cells[SESSION_FOUND_STATE_AGE] = seconds_of(pg_cell(rows, i, A_STATE_AGE), hidden);
  cells[SESSION_FOUND_QUERY] =
      hidden || !query ? value_none(unseen) : value_text(query_text(sample, query, encoding));
  cells[SESSION_FOUND_QUERY_START] = text_or(sample, pg_cell(rows, i, A_QUERY_START), hidden);
  cells[SESSION_FOUND_STATE_CHANGE] = text_or(sample, pg_cell(rows, i, A_STATE_CHANGE), hidden);
  cells[SESSION_FOUND_BLOCKED_BY] = blockers_text(sample, pg_cell(rows, i, A_BLOCKERS));
  int64_t blocks = count_blocked(rows, pid);
  cells[SESSION_FOUND_BLOCKS] = blind && blocks == 0 ? value_none(unseen) : value_int(blocks);
  cells[SESSION_FOUND_WANTED] = value_int(postgres_is_true(pg_cell(rows, i, A_IS_WANTED)));
  return true;
}

static bool take(struct step *step, const struct pg_rows *rows) {
  struct sample *sample = step->found;
  if (rows->rows == 0)
    return step_fail(step, ERR_PROTOCOL, "the sessions could not be read");
  struct row *counts = sample_row(sample, &sample->tables[1], "counts", NULL);
  for (size_t c = 0; counts && c < SESSION_COUNT_COUNT; c++)
    counts->cells[c] = postgres_int(pg_cell(rows, 0, A_WANTED + c), NULL);
  bool fits = counts != NULL;
  const bool blind = fits && counts->cells[SESSION_COUNT_HIDDEN].integer > 0;
  for (size_t i = 0; fits && i < rows->rows && pg_cell(rows, 0, A_PID); i++)
    fits = row_take(sample, rows, i, blind);
  return fits || step_fail(step, ERR_LIMIT, "the answer is too large");
}

/* ---- the bodies */

/* wanted: SQL. climb: also who holds up those that are wanted, to the last one. */
static bool survey(struct step *step, const char *order, const char *wanted, bool climb) {
  static const struct table_spec *const tables[] = {&postgres_sessions_found_table,
                                                    &postgres_sessions_counts_table};
  struct postgres_conn *conn = postgres_survey(postgres_conn_open_urgent(step), tables, 2);
  const char *sql = arena_printf(&step->arena, frame, order, wanted, climb ? "true" : "false",
                                 WAITERS_MAX, QUERY_BYTES, WANTED_MAX, ROWS_MAX);
  const struct pg_rows *rows = conn ? postgres_read(conn, A_COUNT, sql, 0, NULL) : NULL;
  return rows && take(step, rows);
}

/* "pid IN (8123, 8124, 0)": the rows of the request. */
static const char *pids_wanted(struct step *step) {
  const struct action_request *request = step->act->request;
  enum { ROOM = 24 };
  const size_t size = (request->key_count + 1) * ROOM;
  char *list = mem_new(size);
  size_t used = 0;
  for (size_t i = 0; i < request->key_count; i++)
    used += (size_t)snprintf(list + used, size - used, "%ld, ", strtol(request->keys[i], NULL, 10));
  const char *sql = arena_printf(&step->arena, "pid IN (%s0)", list);
  free(list);
  return sql;
}

/* Those that are so since the time in that column, for the age of the only parameter at least. */
static bool survey_age(struct step *step, const char *state, const char *since) {
  const char *wanted = arena_printf(&step->arena,
                                    "backend_type = 'client backend' AND state %s AND %s <= "
                                    "clock_timestamp() - interval '1 ms' * %" PRId64,
                                    state, since, step->act->request->params[0].number);
  return survey(step, since, wanted, false);
}

bool postgres_sessions_survey_rows(struct step *step) {
  return survey(step, "query_start", pids_wanted(step), false);
}

bool postgres_sessions_survey_root(struct step *step) {
  return survey(step, "query_start", pids_wanted(step), true);
}

bool postgres_sessions_survey_active(struct step *step) {
  return survey_age(step, "= 'active'", "query_start");
}

bool postgres_sessions_survey_idle(struct step *step) {
  return survey_age(step, "LIKE 'idle in transaction%'", "state_change");
}

/* ---- what was found */

const struct row *postgres_session_found(const struct action_request *request, const char *key,
                                         struct err *err) {
  const struct table *table = &request->found->tables[0];
  const struct row *row = table_find(table, key);
  const long pid = strtol(key, NULL, 10);
  const bool whole = strchr(key, '/') != NULL; /* else any session with that pid is meant */
  for (size_t i = 0; !row && i < table->row_count; i++) {
    struct value value = table->rows[i].cells[SESSION_FOUND_PID];
    if (value.type != VALUE_INT || value.integer != pid)
      continue;
    if (!whole)
      return &table->rows[i];
    err_set(err, ERR_INVALID, "the session has ended; pid %ld now belongs to another one", pid);
    return NULL;
  }
  if (!row)
    err_set(err, ERR_INVALID, whole ? "pid %ld has ended" : "no session has the pid %ld", pid);
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
