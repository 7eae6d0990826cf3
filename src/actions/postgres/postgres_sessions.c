#include "actions/postgres/postgres_sessions.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct table *postgres_sessions_table(const struct action_request *request) {
  const struct sample *sample = request->model->slots[request->slot].sample;
  return sample ? sample_table_view(sample, POSTGRES_SESSIONS_TABLE) : NULL;
}

struct value postgres_session_cell(const struct table *table, const struct row *row,
                                   const char *column) {
  int index = table_column(table->spec, column);
  return index >= 0 ? row->cells[index] : value_none(NULL);
}

const char *postgres_session_text(const struct table *table, const struct row *row,
                                  const char *column) {
  struct value value = postgres_session_cell(table, row, column);
  return value.type == VALUE_TEXT ? value.text : "";
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

bool postgres_key_start(const char *key, char out[POSTGRES_MOMENT_MAX]) {
  struct postgres_session_key session;
  if (!postgres_session_key_read(key, &session) || session.start_us < 0)
    return false;
  struct tm tm;
  const long micros = (long)(session.start_us % 1000000);
  time_t time = (time_t)(session.start_us / 1000000);
  if (!gmtime_r(&time, &tm) || tm.tm_year + 1900 > 9999)
    return false;
  snprintf(out, POSTGRES_MOMENT_MAX, "%04d-%02d-%02d %02d:%02d:%02d.%06ld+00", tm.tm_year + 1900,
           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, micros);
  return true;
}

/* ---- whom it may be done to */

static bool check_client(const struct table *table, const struct row *row, struct err *why) {
  struct value type = postgres_session_cell(table, row, POSTGRES_SESSIONS_ID_TYPE);
  struct value pid = postgres_session_cell(table, row, POSTGRES_SESSIONS_ID_PID);
  char start[POSTGRES_MOMENT_MAX];
  if (pid.type == VALUE_INT && pid.integer == 0)
    return err_set(why, ERR_UNSUPPORTED,
                   "a prepared transaction has no session: COMMIT PREPARED or ROLLBACK PREPARED "
                   "ends it");
  if (type.type == VALUE_TEXT && strcmp(type.text, POSTGRES_TYPE_CLIENT) != 0)
    return err_set(why, ERR_UNSUPPORTED, "%s: only client sessions", type.text);
  if (type.type == VALUE_TEXT && postgres_key_start(row->key, start))
    return true;
  return err_set(why, ERR_DENIED, "who it is cannot be told for sure%s%s",
                 type.text && type.type == VALUE_NONE ? ": " : "",
                 type.text && type.type == VALUE_NONE ? type.text : "");
}

static bool check_runs(const struct table *table, const struct row *row, struct err *why) {
  const char *state = postgres_session_text(table, row, POSTGRES_SESSIONS_ID_STATE);
  if (strcmp(state, POSTGRES_STATE_ACTIVE) == 0)
    return true;
  if (strcmp(state, POSTGRES_STATE_IDLE_IN_TRANSACTION) == 0 ||
      strcmp(state, POSTGRES_STATE_ABORTED) == 0)
    return err_set(why, ERR_UNSUPPORTED, "%s, so nothing runs: terminate it", state);
  if (strcmp(state, POSTGRES_STATE_IDLE) == 0)
    return err_set(why, ERR_UNSUPPORTED, "idle: nothing runs");
  return err_set(why, ERR_UNSUPPORTED, "not known to run a query");
}

bool postgres_session_check(const struct table *table, const struct row *row,
                            enum postgres_effect effect, struct err *why) {
  if (!check_client(table, row, why))
    return false;
  return effect != POSTGRES_CANCEL || check_runs(table, row, why);
}

bool postgres_sessions_check(const struct action_request *request, enum postgres_effect effect,
                             struct err *why) {
  const struct table *table = postgres_sessions_table(request);
  for (size_t i = 0; i < request->key_count; i++) {
    const struct row *row = table ? table_find(table, request->keys[i]) : NULL;
    struct err err;
    if (!row || postgres_session_check(table, row, effect, &err))
      continue;
    if (request->key_count == 1)
      return err_set(why, err.kind, "%s", err.text);
    return err_set(why, err.kind, "%s: %.200s",
                   postgres_session_text(table, row, POSTGRES_SESSIONS_ID_SESSION), err.text);
  }
  return request->key_count > 0 || err_set(why, ERR_INVALID, "no session is selected");
}

const struct row *postgres_session_found(const struct action_request *request, const char *key,
                                         struct err *err) {
  const struct table *table = &request->found->tables[0];
  const struct row *row = table_find(table, key);
  const long pid = strtol(key, NULL, 10);
  const bool whole = strchr(key, '/') != NULL; /* else any session with that pid is meant */
  for (size_t i = 0; !row && i < table->row_count; i++) {
    struct value value = postgres_session_cell(table, &table->rows[i], POSTGRES_SESSIONS_ID_PID);
    if (value.type != VALUE_INT || value.integer != pid)
      continue;
    if (!whole)
      return &table->rows[i];
    err_set(err, ERR_INVALID, "the session has ended; pid %ld is another one's now", pid);
    return NULL;
  }
  if (!row && whole)
    err_set(err, ERR_INVALID, "pid %ld has ended", pid);
  else if (!row)
    err_set(err, ERR_INVALID, "there is no session with pid %ld", pid);
  return row;
}

/* ---- who is freed */

struct waiter {
  int64_t pid;
  const char *blockers; /* "8123, 8140"; "": waits for nobody */
  int victim;           /* it is one, or waits for one: its index; else -1 */
  bool freed;           /* or a victim */
};

static const struct waiter *find_waiter(const struct waiter *waiters, size_t count, int64_t pid) {
  for (size_t i = 0; i < count; i++)
    if (waiters[i].pid == pid)
      return &waiters[i];
  return NULL;
}

/* Looks at its blockers once. Whether anything is new. */
static bool waiter_step(struct waiter *waiter, const struct waiter *waiters, size_t count) {
  bool all = true;
  int victim = waiter->victim;
  for (const char *at = waiter->blockers; *at;) {
    char *end;
    int64_t pid = strtoll(at, &end, 10); /* "prepared": 0, which is nobody's */
    const struct waiter *blocker = pid ? find_waiter(waiters, count, pid) : NULL;
    all = all && blocker && blocker->freed;
    if (blocker && blocker->victim >= 0 && victim < 0)
      victim = blocker->victim;
    at = end + strcspn(end, ",");
    at += strspn(at, ", ");
  }
  bool changed = victim != waiter->victim || (all && !waiter->freed);
  waiter->victim = victim;
  waiter->freed = waiter->freed || all;
  return changed;
}

static struct waiter *waiters_read(const struct table *table, const struct row *const *rows,
                                   size_t count) {
  struct waiter *waiters = mem_new((table->row_count + 1) * sizeof *waiters);
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    struct value pid = postgres_session_cell(table, row, POSTGRES_SESSIONS_ID_PID);
    waiters[i] = (struct waiter){
        .pid = pid.type == VALUE_INT ? pid.integer : 0,
        .blockers = postgres_session_text(table, row, POSTGRES_SESSIONS_ID_BLOCKED_BY),
        .victim = -1};
    for (size_t v = 0; v < count; v++)
      if (rows[v] == row) {
        waiters[i].victim = (int)v;
        waiters[i].freed = true;
      }
  }
  return waiters;
}

int *postgres_sessions_freed(const struct table *table, const struct row *const *rows, size_t count,
                             size_t *others) {
  size_t all = table->row_count;
  struct waiter *waiters = waiters_read(table, rows, count);
  bool *victims = mem_new((all + 1) * sizeof *victims);
  int *freed = mem_new((all + 1) * sizeof *freed);
  for (size_t i = 0; i < all; i++)
    victims[i] = waiters[i].freed;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < all; i++)
      if (!victims[i] && *waiters[i].blockers && waiter_step(&waiters[i], waiters, all))
        changed = true;
  }
  *others = 0;
  for (size_t i = 0; i < all; i++) {
    bool waits = !victims[i] && waiters[i].victim >= 0;
    freed[i] = waits && waiters[i].freed ? waiters[i].victim : -1;
    *others += waits && !waiters[i].freed;
  }
  free(victims);
  free(waiters);
  return freed;
}

/* ---- SQL */

const char *postgres_effect_sql(enum postgres_effect effect, const char *pid, const char *start,
                                const char *moment, char out[POSTGRES_EFFECT_MAX]) {
  static const char *const what[] = {
      [POSTGRES_CANCEL] = " AND state = 'active' AND query_start = ",
      [POSTGRES_TERMINATE] = "",
      [POSTGRES_TERMINATE_ACTIVE] = " AND state = 'active' AND query_start = ",
      [POSTGRES_TERMINATE_IDLE] = " AND state LIKE 'idle in transaction%' AND state_change = ",
  };
  /* the function is called for what WHERE has let through: it stands in no WHERE of its own */
  snprintf(out, POSTGRES_EFFECT_MAX,
           "SELECT %s(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s%s%s"
           " AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
           effect == POSTGRES_CANCEL ? "pg_cancel_backend" : "pg_terminate_backend", pid, start,
           what[effect], effect == POSTGRES_TERMINATE ? "" : moment);
  return out;
}

// clang-format off
#define MOMENT(time) \
  "to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
/* The user's name as it is, since in the bytes of another encoding it would fail the statement */
static const char look_frame[] =
    "SET TRANSACTION READ ONLY; SET LOCAL client_encoding = 'SQL_ASCII';"
    " SELECT pid, " MOMENT("backend_start") ", state, " MOMENT("query_start") ","
    " " MOMENT("state_change") ", usename, coalesce(wait_event_type = 'Lock', false),"
    " pid = pg_backend_pid(), pg_encoding_to_char(d.encoding) FROM pg_stat_activity s"
    " LEFT JOIN pg_database d ON d.oid = s.datid WHERE pid IN (%s)";
// clang-format on

char *postgres_look(const long *pids, size_t count) {
  char *list = mem_new(count * 24 + 2);
  size_t used = 0;
  for (size_t i = 0; i < count; i++)
    used += (size_t)snprintf(list + used, 24, "%s%ld", i ? "," : "", pids[i]);
  char *sql = mem_printf(look_frame, count ? list : "0");
  free(list);
  return sql;
}
