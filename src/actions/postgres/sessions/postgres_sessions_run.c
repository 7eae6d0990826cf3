/* One session after the other, each by one statement that matches its identity and sends the
 * signal. Then follows what happens to them, and to those that waited for them. */
#include "actions/postgres/sessions/postgres_sessions.h"

#include "actions/postgres/postgres_sql.h"
#include "clients/postgres/pg_text.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERIOD_MS = 100, PATIENCE_MS = 5000, FREED_PATIENCE_MS = 1000 };

static const char *start_of(const struct step *step, size_t object) {
  return action_identity(step->call->plan, object, POSTGRES_SESSION_START);
}

static int64_t pid_of(const struct step *step, size_t object) {
  return strtoll(action_identity(step->call->plan, object, POSTGRES_SESSIONS_ID_PID), NULL, 10);
}

/* ---- the state of sessions afterwards */

// clang-format off
enum {
  LOOK_PID, LOOK_START, LOOK_STATE, LOOK_QUERY_START, LOOK_USER, LOOK_WAITS, LOOK_OWN,
  LOOK_ENCODING, LOOK_COLUMNS
};
/* The user's name unconverted, since bytes of another encoding would fail the statement */
static const char look_frame[] =
    "SET TRANSACTION READ ONLY; SET LOCAL client_encoding = 'SQL_ASCII';"
    " SELECT pid, " POSTGRES_MOMENT("backend_start") ", state, " POSTGRES_MOMENT("query_start") ", usename,"
    " coalesce(wait_event_type = 'Lock', false), pid = pg_backend_pid(),"
    " pg_encoding_to_char(d.encoding) FROM pg_stat_activity s"
    " LEFT JOIN pg_database d ON d.oid = s.datid WHERE pid IN (%s)";
// clang-format on

static const char *look_sql(struct step *step, const int64_t *pids, size_t count) {
  return arena_printf(&step->arena, look_frame, postgres_pid_list(step, pids, count));
}

/* The row of that session; rows->rows when it is gone. */
static size_t find(const struct pg_rows *rows, int64_t pid, const char *start) {
  for (size_t i = 0; i < rows->rows; i++) {
    const char *text = pg_cell(rows, i, LOOK_PID), *began = pg_cell(rows, i, LOOK_START);
    if (text && strtoll(text, NULL, 10) == pid && (!began || strcmp(began, start) == 0))
      return i;
  }
  return rows->rows;
}

/* ---- execute */

/* Why the effect did not match: from the row that has the pid now. signalled: it matched, and the
 * server answered false. */
static void explain(struct step *step, size_t object, const struct pg_rows *rows, bool signalled) {
  struct outcome *outcome = step->call->outcome;
  const char *start = pg_cell(rows, 0, LOOK_START), *state = pg_cell(rows, 0, LOOK_STATE);
  const char *user = pg_cell(rows, 0, LOOK_USER);
  const char *ended = postgres_effect_of(step->call->plan)->ended;
  char name[256] = "no user";
  if (user)
    pg_name_utf8(user, pg_cell(rows, 0, LOOK_ENCODING), name, sizeof name);
  if (!start)
    outcome_set(outcome, object, OBJECT_REFUSED,
                "the session that now has this pid is hidden: needs pg_monitor");
  else if (strcmp(start, start_of(step, object)) != 0)
    outcome_set(outcome, object, OBJECT_GONE,
                "already ended; the pid now belongs to another session (%s, since %s), which was "
                "not touched",
                name, start);
  else if (postgres_is_true(pg_cell(rows, 0, LOOK_OWN)))
    outcome_set(outcome, object, OBJECT_REFUSED, "this is stacktop's own session");
  else if (signalled || !ended)
    outcome_set(outcome, object, OBJECT_REFUSED,
                signalled ? "the server could not signal it" : "not a client session");
  else
    outcome_set(outcome, object, OBJECT_GONE, "%s; it is now %s and was not touched", ended,
                !state                         ? "in an unknown state"
                : strcmp(state, "active") == 0 ? "active with another query"
                                               : state);
}

static void ask_why(struct step *step, struct postgres_conn *conn, size_t object, bool signalled) {
  const int64_t pid = pid_of(step, object);
  const struct pg_rows *rows = postgres_read(conn, LOOK_COLUMNS, look_sql(step, &pid, 1), 0, NULL);
  if (rows && rows->rows > 0)
    explain(step, object, rows, signalled);
  else
    outcome_set(step->call->outcome, object, OBJECT_GONE,
                rows ? "already ended" : "already ended, or another session has this pid");
}

static void signal_session(struct step *step, struct postgres_conn *conn, size_t object) {
  struct outcome *outcome = step->call->outcome;
  const struct postgres_effect *effect = postgres_effect_of(step->call->plan);
  char sql[POSTGRES_EFFECT_MAX];
  const char *const values[] = {postgres_identity(step, object, POSTGRES_SESSIONS_ID_PID),
                                postgres_identity(step, object, POSTGRES_SESSION_START),
                                postgres_identity(step, object, POSTGRES_SESSION_MOMENT)};
  postgres_effect_sql(effect, "$1::int", "$2::timestamptz", "$3::timestamptz", sql);
  const struct pg_rows *rows = postgres_change(conn, sql, effect->still ? 3 : 2, values);
  const char *answer = rows && rows->rows > 0 ? pg_cell(rows, 0, 0) : NULL;
  if (!rows && postgres_is_up(conn))
    outcome_set(outcome, object, OBJECT_REFUSED, "%s", step->err.text);
  else if (!rows)
    outcome_set(outcome, object, OBJECT_UNKNOWN, "no answer: %s", step->err.text);
  else if (postgres_is_true(answer))
    outcome_set(outcome, object, OBJECT_SENT, "signalled");
  else
    ask_why(step, conn, object, answer != NULL);
}

bool postgres_sessions_execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const size_t count = step->call->plan->object_count;
  struct postgres_conn *conn = postgres_conn_open_urgent(step);
  if (!conn)
    return false;
  for (size_t i = 0; i < count && postgres_is_up(conn) && !step_should_stop(step); i++) {
    signal_session(step, conn, i);
    step_progress(step, (int64_t)i + 1, (int64_t)count, "sessions");
    step_yield(step); /* a safe point: a person may cancel here */
  }
  outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "nothing was done");
  return postgres_is_up(conn);
}

/* ---- verify */

/* A session that waited. */
struct waiter {
  int64_t pid;
  char start[POSTGRES_MOMENT_MAX]; /* "" when it is not known */
  size_t object;                   /* the session that it waits for */
  bool waits;                      /* waits for any session */
};

struct watch {
  struct step *step;
  int64_t started_ms;
  size_t sent; /* sessions that were signalled */
  struct waiter *waiters;
  size_t count;
};

/* Of "8130/1700000000.1 8131/1700000000.2". */
static void add_waiters(struct watch *watch, size_t object) {
  const char *at = postgres_identity(watch->step, object, POSTGRES_SESSION_WAITERS);
  while (at && *at) {
    char key[POSTGRES_SESSION_KEY_MAX];
    const size_t length = strcspn(at, " ");
    struct postgres_session_key session = {0};
    struct waiter waiter = {.object = object, .waits = true};
    snprintf(key, sizeof key, "%.*s", (int)length, at);
    if (postgres_session_key_read(key, &session))
      waiter.pid = session.pid;
    if (!postgres_key_start(key, waiter.start))
      waiter.start[0] = '\0';
    watch->waiters = mem_resize(watch->waiters, (watch->count + 1) * sizeof *watch->waiters);
    watch->waiters[watch->count++] = waiter;
    at += length + strspn(at + length, " ");
  }
}

/* The statement that reads all sessions that are watched. */
static const char *watch_begin(struct watch *watch) {
  const struct step_call *call = watch->step->call;
  const size_t objects = call->plan->object_count;
  for (size_t i = 0; i < objects; i++)
    if (call->outcome->objects[i].result == OBJECT_SENT)
      add_waiters(watch, i);
  int64_t *pids = mem_new((objects + watch->count + 1) * sizeof *pids);
  for (size_t i = 0; i < objects; i++)
    pids[i] = pid_of(watch->step, i);
  for (size_t i = 0; i < watch->count; i++)
    pids[objects + i] = watch->waiters[i].pid;
  const char *sql = look_sql(watch->step, pids, objects + watch->count);
  free(pids);
  return sql;
}

static bool cancels(const struct watch *watch) {
  return postgres_effect_of(watch->step->call->plan)->cancels;
}

/* Whether the session in that row now runs another query, or none. */
static bool query_ended(const struct watch *watch, size_t object, const struct pg_rows *rows,
                        size_t row) {
  const char *state = pg_cell(rows, row, LOOK_STATE);
  const char *began = pg_cell(rows, row, LOOK_QUERY_START);
  return state && began &&
         (strcmp(state, "active") != 0 ||
          strcmp(began,
                 action_identity(watch->step->call->plan, object, POSTGRES_SESSION_MOMENT)) != 0);
}

static void judge(struct watch *watch, const struct pg_rows *rows) {
  struct outcome *outcome = watch->step->call->outcome;
  char time[FORMAT_MAX];
  format_duration(time, sizeof time, (double)(clock_now_ms() - watch->started_ms) / 1e3);
  for (size_t i = 0; i < outcome->count; i++) {
    if (outcome->objects[i].result != OBJECT_SENT)
      continue;
    size_t row = find(rows, pid_of(watch->step, i), start_of(watch->step, i));
    if (row == rows->rows)
      outcome_set(outcome, i, OBJECT_DONE, "gone after %s", time);
    else if (cancels(watch) && query_ended(watch, i, rows, row))
      outcome_set(outcome, i, OBJECT_DONE, "its query ended after %s", time);
  }
  for (size_t i = 0; i < watch->count; i++) {
    struct waiter *waiter = &watch->waiters[i];
    size_t row = find(rows, waiter->pid, waiter->start);
    waiter->waits = row < rows->rows && postgres_is_true(pg_cell(rows, row, LOOK_WAITS));
  }
}

static bool anyone_waits(const struct watch *watch) {
  for (size_t i = 0; i < watch->count; i++)
    if (watch->waiters[i].waits)
      return true;
  return false;
}

/* Polls until all have ended, and no session waits for them. */
static bool watch_on(struct watch *watch, struct postgres_conn *conn, const char *sql) {
  struct step_call *call = watch->step->call;
  int64_t until_ms = watch->started_ms + PATIENCE_MS;
  bool ended = false;
  do {
    const struct pg_rows *rows = postgres_read(conn, LOOK_COLUMNS, sql, 0, NULL);
    if (!rows)
      return false;
    judge(watch, rows);
    step_progress(watch->step, (int64_t)outcome_count(call->outcome, OBJECT_DONE),
                  (int64_t)watch->sent, "sessions");
    if (!ended && outcome_count(call->outcome, OBJECT_SENT) == 0) {
      ended = true;
      until_ms = clock_now_ms() + FREED_PATIENCE_MS;
    }
    if (ended && !anyone_waits(watch))
      return true;
  } while (clock_now_ms() < until_ms && step_sleep(watch->step, PERIOD_MS));
  if (!watch->step->dropped)
    outcome_set_all(call->outcome, OBJECT_SENT, OBJECT_UNKNOWN,
                    "%s after %d s; it may be waiting in the kernel or in a critical section",
                    cancels(watch) ? "its query still runs" : "still there", PATIENCE_MS / 1000);
  return !watch->step->dropped;
}

/* "2 gone, 3 sessions freed, 1 of which waits for another now": a session that waited for one that
 * is gone is freed, although one of the freed may block the others next. */
static void say_proof(const struct watch *watch) {
  struct outcome *outcome = watch->step->call->outcome;
  size_t done = outcome_count(outcome, OBJECT_DONE), freed = 0, waits = 0;
  for (size_t i = 0; i < watch->count; i++) {
    bool is_free = outcome->objects[watch->waiters[i].object].result == OBJECT_DONE;
    freed += is_free;
    waits += is_free && watch->waiters[i].waits;
  }
  char count[2 * FORMAT_MAX], then[128] = "", still[128] = "";
  format_counted(count, sizeof count, (int64_t)freed, "session", "sessions");
  if (freed > 0)
    snprintf(then, sizeof then, ", %s freed", count);
  format_counted(count, sizeof count, (int64_t)waits, "of which waits", "of which wait");
  if (waits > 0)
    snprintf(still, sizeof still, ", %s for another now", count);
  if (done > 0)
    outcome_proof(outcome, "%zu %s%s%s", done,
                  !cancels(watch) ? "gone"
                  : done == 1     ? "query ended"
                                  : "queries ended",
                  then, still);
}

bool postgres_sessions_verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  struct watch watch = {
      .step = step, .started_ms = clock_now_ms(), .sent = outcome_count(outcome, OBJECT_SENT)};
  const char *sql = watch_begin(&watch);
  struct postgres_conn *conn = postgres_conn_open_urgent(step);
  bool good = conn && (watch.sent == 0 || watch_on(&watch, conn, sql));
  if (!good)
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_UNKNOWN, "signalled, but not seen to end: %s",
                    step->err.text);
  say_proof(&watch);
  free(watch.waiters);
  return good;
}
