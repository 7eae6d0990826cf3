/* Watches what has become of the sessions that were signalled, and of those that waited for them.
 */
#include "actions/postgres/postgres_link.h"
#include "actions/postgres/postgres_sessions.h"

#include "core/format.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 15000, PERIOD_MS = 100, PATIENCE_MS = 5000, FREED_PATIENCE_MS = 1000 };

/* A session that waited. */
struct waiter {
  long pid;
  char start[POSTGRES_MOMENT_MAX]; /* "" when it is not known */
  size_t victim;                   /* for whom */
  bool waits;                      /* for anybody */
};

struct watch {
  struct act *act;
  bool cancel; /* it is queries that shall end, not sessions */
  struct postgres_link *link;
  int64_t started_ms; /* of the watching */
  int64_t ended_ms;   /* when the last victim's end was seen; 0: not yet */
  struct waiter *waiters;
  size_t waiter_count;
  char *sql; /* that asks for all that are watched */
};

static const char *pin(const struct watch *watch, size_t victim, enum postgres_session_pin pin) {
  return watch->act->plan->victims[victim].pins[pin];
}

static void forget(struct watch *watch) {
  postgres_link_close(watch->link);
  watch->act->self = NULL;
  free(watch->waiters);
  free(watch->sql);
  free(watch);
}

/* ---- whom it looks at */

static void add_waiter(struct watch *watch, size_t victim, const char *key) {
  watch->waiters = mem_resize(watch->waiters, (watch->waiter_count + 1) * sizeof *watch->waiters);
  struct waiter *waiter = &watch->waiters[watch->waiter_count++];
  *waiter = (struct waiter){.pid = strtol(key, NULL, 10), .victim = victim, .waits = true};
  if (!postgres_key_start(key, waiter->start))
    waiter->start[0] = '\0';
}

/* The keys in "8130/1700000000.1 8131/1700000000.2". */
static void add_waiters(struct watch *watch, size_t victim) {
  const char *keys = pin(watch, victim, SESSION_PIN_WAITERS);
  char key[64];
  while (keys && *keys) {
    size_t length = strcspn(keys, " ");
    snprintf(key, sizeof key, "%.*s", (int)length, keys);
    add_waiter(watch, victim, key);
    keys += length + strspn(keys + length, " ");
  }
}

static void collect_watched(struct watch *watch) {
  const struct plan *plan = watch->act->plan;
  for (size_t i = 0; i < plan->victim_count; i++)
    if (watch->act->outcome->victims[i].result == VICTIM_SENT)
      add_waiters(watch, i);
  size_t count = plan->victim_count + watch->waiter_count, used = 0;
  long *pids = mem_new((count + 1) * sizeof *pids);
  for (size_t i = 0; i < plan->victim_count; i++)
    pids[used++] = strtol(pin(watch, i, SESSION_PIN_PID), NULL, 10);
  for (size_t i = 0; i < watch->waiter_count; i++)
    pids[used++] = watch->waiters[i].pid;
  watch->sql = postgres_look(pids, used);
  free(pids);
}

/* ---- the end */

static size_t waiting(const struct watch *watch) {
  size_t count = 0;
  for (size_t i = 0; i < watch->waiter_count; i++)
    count += watch->waiters[i].waits;
  return count;
}

/* "2 gone, 3 sessions freed, 1 of which waits for another now": who has waited for somebody who is
 * gone is freed, though one of the freed may be the next to hold up the others. */
static void say_proof(struct watch *watch) {
  struct outcome *outcome = watch->act->outcome;
  size_t done = outcome_count(outcome, VICTIM_DONE), freed = 0, waits = 0;
  for (size_t i = 0; i < watch->waiter_count; i++) {
    bool is_free = outcome->victims[watch->waiters[i].victim].result == VICTIM_DONE;
    freed += is_free;
    waits += is_free && watch->waiters[i].waits;
  }
  char ended[64], then[96] = "", still[96] = "";
  if (watch->cancel)
    snprintf(ended, sizeof ended, "%zu quer%s ended", done, done == 1 ? "y" : "ies");
  else
    snprintf(ended, sizeof ended, "%zu gone", done);
  if (freed > 0)
    snprintf(then, sizeof then, ", %zu session%s freed", freed, freed == 1 ? "" : "s");
  if (waits > 0)
    snprintf(still, sizeof still, ", %zu of which wait%s for another now", waits,
             waits == 1 ? "s" : "");
  if (done > 0)
    outcome_proof(outcome, "%s%s%s", ended, then, still);
}

static void end(struct watch *watch, const struct err *err) {
  struct act *act = watch->act;
  struct err copy = err ? *err : (struct err){0};
  if (err)
    outcome_set_all(act->outcome, VICTIM_SENT, VICTIM_UNKNOWN, "signalled, but not seen to end: %s",
                    err->text);
  say_proof(watch);
  forget(watch);
  act->end(act, NULL, err ? &copy : NULL);
}

/* ---- looking */

static void on_seen(void *self, const struct pg_rows *rows, const struct err *err);

static void look(void *self) {
  struct watch *watch = self;
  postgres_link_ask(watch->link, watch->sql, 0, NULL, on_seen);
}

/* The row of that session; NULL when it is gone. */
static size_t find(const struct pg_rows *rows, long pid, const char *start) {
  for (size_t i = 0; i < rows->rows; i++) {
    const char *text = pg_cell(rows, i, LOOK_PID), *began = pg_cell(rows, i, LOOK_START);
    if (text && strtol(text, NULL, 10) == pid && (!began || strcmp(began, start) == 0))
      return i;
  }
  return rows->rows;
}

/* Whether the session in that row runs another query by now, or none. */
static bool query_ended(const struct watch *watch, size_t victim, const struct pg_rows *rows,
                        size_t row) {
  const char *state = pg_cell(rows, row, LOOK_STATE);
  const char *began = pg_cell(rows, row, LOOK_QUERY_START);
  return state && began &&
         (strcmp(state, "active") != 0 ||
          strcmp(began, pin(watch, victim, SESSION_PIN_MOMENT)) != 0);
}

static void judge_victim(struct watch *watch, size_t victim, const struct pg_rows *rows) {
  struct outcome *outcome = watch->act->outcome;
  char time[FORMAT_MAX];
  if (outcome->victims[victim].result != VICTIM_SENT)
    return;
  format_duration(time, sizeof time, (double)(clock_now_ms() - watch->started_ms) / 1e3);
  size_t row = find(rows, strtol(pin(watch, victim, SESSION_PIN_PID), NULL, 10),
                    pin(watch, victim, SESSION_PIN_START));
  if (row == rows->rows)
    outcome_set(outcome, victim, VICTIM_DONE, "gone after %s", time);
  else if (watch->cancel && query_ended(watch, victim, rows, row))
    outcome_set(outcome, victim, VICTIM_DONE, "its query ended after %s", time);
}

static void judge_waiters(struct watch *watch, const struct pg_rows *rows) {
  for (size_t i = 0; i < watch->waiter_count; i++) {
    struct waiter *waiter = &watch->waiters[i];
    size_t row = find(rows, waiter->pid, waiter->start);
    const char *waits = row < rows->rows ? pg_cell(rows, row, LOOK_WAITS) : NULL;
    waiter->waits = waits && *waits == 't';
  }
}

/* Whether there is something to be waited for yet. */
static bool goes_on(struct watch *watch, int64_t now_ms) {
  struct outcome *outcome = watch->act->outcome;
  if (outcome_count(outcome, VICTIM_SENT) > 0)
    return now_ms - watch->started_ms < PATIENCE_MS;
  if (!watch->ended_ms)
    watch->ended_ms = now_ms;
  return waiting(watch) > 0 && now_ms - watch->ended_ms < FREED_PATIENCE_MS;
}

static void on_seen(void *self, const struct pg_rows *rows, const struct err *err) {
  struct watch *watch = self;
  struct act *act = watch->act;
  if (err) {
    end(watch, err);
    return;
  }
  for (size_t i = 0; i < act->plan->victim_count; i++)
    judge_victim(watch, i, rows);
  judge_waiters(watch, rows);
  act->progress->done = (int64_t)outcome_count(act->outcome, VICTIM_DONE);
  act->changed(act);
  if (goes_on(watch, clock_now_ms())) {
    postgres_link_wait(watch->link, PERIOD_MS, look);
    return;
  }
  outcome_set_all(act->outcome, VICTIM_SENT, VICTIM_UNKNOWN,
                  "%s after %d s: it may be in the kernel or in a critical section",
                  watch->cancel ? "its query still runs" : "still there", PATIENCE_MS / 1000);
  end(watch, NULL);
}

static void on_ready(void *self, const struct pg_rows *rows, const struct err *err) {
  struct watch *watch = self;
  (void)rows;
  if (err || outcome_count(watch->act->outcome, VICTIM_SENT) == 0)
    end(watch, err);
  else
    look(watch);
}

static void start(struct act *act, bool cancel) {
  struct watch *watch = mem_new(sizeof *watch);
  watch->act = act;
  watch->cancel = cancel;
  watch->started_ms = clock_now_ms();
  act->self = watch;
  act->progress->total = (int64_t)outcome_count(act->outcome, VICTIM_SENT);
  act->progress->unit = "sessions";
  collect_watched(watch);
  watch->link = postgres_link_open_urgent(act, on_ready, watch);
}

static void start_cancel(struct act *act) {
  start(act, true);
}

static void start_terminate(struct act *act) {
  start(act, false);
}

static void drop(struct act *act) {
  outcome_set_all(act->outcome, VICTIM_SENT, VICTIM_UNKNOWN, "signalled, but not seen to end");
  forget(act->self);
}

const struct act_step postgres_cancel_verify = {
    .timeout_ms = TIMEOUT_MS, .start = start_cancel, .drop = drop};
const struct act_step postgres_terminate_verify = {
    .timeout_ms = TIMEOUT_MS, .start = start_terminate, .drop = drop};
