/* One session after the other, each by one statement that matches its identity and sends the
 * signal. What an answer without a row means is asked afterwards, for the words. */
#include "actions/postgres/postgres_link.h"
#include "actions/postgres/postgres_sessions.h"

#include "clients/postgres/pg_text.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 15000 };

struct signals {
  struct act *act;
  enum postgres_effect effect;
  struct postgres_link *link;
  size_t victim; /* the one that is come to */
  bool asked;    /* its effect is under way: there is no answer yet */
  bool flat;     /* the server has answered false */
  bool cancelled;
};

static const char *pin(const struct signals *signals, enum postgres_session_pin pin) {
  return signals->act->plan->victims[signals->victim].pins[pin];
}

static void end(struct signals *signals, const struct err *err) {
  struct act *act = signals->act;
  struct err copy = err ? *err : (struct err){0};
  outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_SKIPPED, "nothing was done");
  postgres_link_close(signals->link);
  act->self = NULL;
  free(signals);
  act->end(act, NULL, err ? &copy : NULL);
}

static void next(struct signals *signals);

static void victim_done(struct signals *signals) {
  struct act *act = signals->act;
  signals->victim++;
  act->progress->done = (int64_t)signals->victim;
  act->changed(act);
  next(signals);
}

/* ---- why there was no row */

/* What the row says that has the pid, of the one that was meant. */
static void explain(struct signals *signals, const struct pg_rows *rows) {
  struct outcome *outcome = signals->act->outcome;
  const char *start = pg_cell(rows, 0, LOOK_START), *state = pg_cell(rows, 0, LOOK_STATE);
  const char *user = pg_cell(rows, 0, LOOK_USER), *own = pg_cell(rows, 0, LOOK_OWN);
  char name[256] = "no user";
  if (user)
    pg_name_utf8(user, pg_cell(rows, 0, LOOK_ENCODING), name, sizeof name);
  if (!start)
    outcome_set(outcome, signals->victim, VICTIM_REFUSED,
                "who has its pid now may not be seen: needs pg_monitor");
  else if (strcmp(start, pin(signals, SESSION_PIN_START)) != 0)
    outcome_set(outcome, signals->victim, VICTIM_GONE,
                "it had ended; the pid is another session's by now (%s, since %s): left alone",
                name, start);
  else if (own && *own == 't')
    outcome_set(outcome, signals->victim, VICTIM_REFUSED, "that is stacktop itself");
  else if (signals->flat)
    outcome_set(outcome, signals->victim, VICTIM_REFUSED, "the server could not signal it");
  else if (signals->effect == POSTGRES_TERMINATE)
    outcome_set(outcome, signals->victim, VICTIM_REFUSED, "it is no client's session");
  else
    outcome_set(outcome, signals->victim, VICTIM_GONE,
                signals->effect == POSTGRES_TERMINATE_IDLE
                    ? "no longer idle in that transaction, %s by now: left alone"
                    : "that query has ended, it is %s by now: left alone",
                state && strcmp(state, "active") == 0 ? "active with another query"
                : state                               ? state
                                                      : "in a state unknown");
}

static void on_explained(void *self, const struct pg_rows *rows, const struct err *err) {
  struct signals *signals = self;
  struct outcome *outcome = signals->act->outcome;
  if (err)
    outcome_set(outcome, signals->victim, VICTIM_GONE, "it was not there any more, or is another");
  else if (rows->rows == 0 || rows->columns != LOOK_COLUMN_COUNT)
    outcome_set(outcome, signals->victim, VICTIM_GONE, "it had ended already");
  else
    explain(signals, rows);
  if (err && !postgres_link_stands(signals->link))
    end(signals, err);
  else
    victim_done(signals);
}

static void ask_why(struct signals *signals) {
  long pid = strtol(pin(signals, SESSION_PIN_PID), NULL, 10);
  char *sql = postgres_look(&pid, 1);
  postgres_link_ask(signals->link, sql, 0, NULL, on_explained);
  free(sql);
}

/* ---- the effect */

static void on_effect(void *self, const struct pg_rows *rows, const struct err *err) {
  struct signals *signals = self;
  struct outcome *outcome = signals->act->outcome;
  signals->asked = false;
  if (err && !postgres_link_stands(signals->link)) {
    outcome_set(outcome, signals->victim, VICTIM_UNKNOWN, "no answer: %s", err->text);
    end(signals, err);
    return;
  }
  if (err) {
    outcome_set(outcome, signals->victim, VICTIM_REFUSED, "%s", err->text);
    victim_done(signals);
    return;
  }
  const char *answer = rows->rows > 0 ? pg_cell(rows, 0, 0) : NULL;
  signals->flat = answer && *answer != 't';
  if (!answer || signals->flat) {
    ask_why(signals);
    return;
  }
  outcome_set(outcome, signals->victim, VICTIM_SENT, "signalled");
  victim_done(signals);
}

static void next(struct signals *signals) {
  if (signals->victim == signals->act->plan->victim_count || signals->cancelled) {
    end(signals, NULL);
    return;
  }
  char sql[POSTGRES_EFFECT_MAX];
  const char *const values[] = {pin(signals, SESSION_PIN_PID), pin(signals, SESSION_PIN_START),
                                pin(signals, SESSION_PIN_MOMENT)};
  postgres_effect_sql(signals->effect, "$1::int", "$2::timestamptz", "$3::timestamptz", sql);
  signals->asked = true;
  postgres_link_ask(signals->link, sql, signals->effect == POSTGRES_TERMINATE ? 2 : 3, values,
                    on_effect);
}

static void on_ready(void *self, const struct pg_rows *rows, const struct err *err) {
  (void)rows;
  if (err)
    end(self, err);
  else
    next(self);
}

static void start(struct act *act, enum postgres_effect effect) {
  struct signals *signals = mem_new(sizeof *signals);
  signals->act = act;
  signals->effect = effect;
  act->self = signals;
  act->progress->total = (int64_t)act->plan->victim_count;
  act->progress->unit = "sessions";
  signals->link = postgres_link_open_urgent(act, on_ready, signals);
}

static void start_cancel(struct act *act) {
  start(act, POSTGRES_CANCEL);
}

static void start_terminate(struct act *act) {
  start(act, POSTGRES_TERMINATE);
}

static void start_terminate_active(struct act *act) {
  start(act, POSTGRES_TERMINATE_ACTIVE);
}

static void start_terminate_idle(struct act *act) {
  start(act, POSTGRES_TERMINATE_IDLE);
}

static void cancel(struct act *act) {
  struct signals *signals = act->self;
  signals->cancelled = true; /* ends with the answer that is awaited */
}

static void drop(struct act *act) {
  struct signals *signals = act->self;
  if (signals->asked)
    outcome_set(act->outcome, signals->victim, VICTIM_UNKNOWN, "no answer came");
  outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_SKIPPED, "nothing was done");
  postgres_link_close(signals->link);
  act->self = NULL;
  free(signals);
}

const struct act_step postgres_cancel_execute = {TIMEOUT_MS, start_cancel, cancel, drop};
const struct act_step postgres_terminate_execute = {TIMEOUT_MS, start_terminate, cancel, drop};
const struct act_step postgres_terminate_active_execute = {TIMEOUT_MS, start_terminate_active,
                                                           cancel, drop};
const struct act_step postgres_terminate_idle_execute = {TIMEOUT_MS, start_terminate_idle, cancel,
                                                         drop};
