#include "actions/postgres/postgres_work.h"

#include "core/format.h"
#include "core/mem.h"
#include "core/quote.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERIOD_MS = 1000 };

static const char lock_timeout_state[] = "55P03", cancelled_state[] = "57014";

const char *const postgres_work_pins[WORK_PIN_COUNT] = {
    [WORK_PIN_OID] = "oid",       [WORK_PIN_STATEMENT] = "statement", [WORK_PIN_NAME] = "name",
    [WORK_PIN_BEFORE] = "before", [WORK_PIN_STAMP] = "stamp",
};

/* What a failed one has left: invalid indexes of its table that were not there before ($2), nor are
 * being built by somebody else. $1: the oid of the table or of an index. */
static const char left_sql[] =
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i"
    " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT i.indisvalid AND c.relkind = 'i' AND i.indexrelid <> ALL ($2::oid[])"
    " AND i.indrelid = coalesce((SELECT o.indrelid FROM pg_index o WHERE o.indexrelid = $1::oid),"
    " $1::oid)"
    " AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.relid = i.indrelid"
    " AND p.pid <> pg_backend_pid()) ORDER BY 1 LIMIT 20";

enum place { AT_REST, AT_CHECK, AT_LOCK, AT_RUN, AT_LEFT };

struct work {
  struct act *act;
  const struct postgres_work *spec;
  struct postgres_link *link;
  size_t victim;
  enum place at;
  bool cancelled;
  bool asked_again; /* for what is left: once, when the cancel hit the question */
  int64_t run_ms;   /* when the statement under way began */
  char *lock;       /* of the check's answer */
  char *invalid;
  char *left; /* names for postgres.drop-invalid-index, each quoted as a word */

  struct postgres_link *watch; /* NULL: none yet, or it has failed */
  bool watch_ready, watch_asking;
};

static const char *pin(const struct work *work, enum postgres_work_pin pin) {
  return work->act->plan->victims[work->victim].pins[pin];
}

static void forget(struct work *work) {
  postgres_link_close(work->link);
  postgres_link_close(work->watch);
  work->act->self = NULL;
  free(work->lock);
  free(work->invalid);
  free(work->left);
  free(work);
}

static void end(struct work *work, const struct err *err) {
  struct act *act = work->act;
  struct err copy = err ? *err : (struct err){0};
  outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_SKIPPED, "%s",
                  work->cancelled ? "cancelled before its turn" : "not come to");
  if (work->left) {
    char target[256];
    outcome_undo(act->outcome, "postgres.drop-invalid-index %s%s",
                 quote_word(target, sizeof target, act->plan->target), work->left);
  }
  forget(work);
  act->end(act, NULL, err ? &copy : NULL);
}

static void next(struct work *work);

static void victim_done(struct work *work) {
  work->at = AT_REST;
  work->victim++;
  work->act->changed(work->act);
  next(work);
}

/* ---- the second link */

static void watch_tick(void *self);

static void watch_lost(struct work *work) {
  postgres_link_close(work->watch);
  work->watch = NULL;
  work->watch_ready = work->watch_asking = false;
}

static const char *known_unit(const char *unit) {
  static const char *const units[] = {"blocks", "rows", "indexes", "transactions"};
  for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++)
    if (strcmp(units[i], unit) == 0)
      return units[i];
  return NULL;
}

static int64_t number(const char *cell) {
  return cell ? strtoll(cell, NULL, 10) : 0;
}

static void say_step(struct work *work, const char *phase) {
  const struct plan *plan = work->act->plan;
  struct progress *progress = work->act->progress;
  char turn[32] = "";
  if (plan->victim_count > 1)
    snprintf(turn, sizeof turn, "%zu of %zu, ", work->victim + 1, plan->victim_count);
  snprintf(progress->step, sizeof progress->step, "%s%.40s: %s", turn,
           plan->victims[work->victim].label, phase);
}

static void show(struct work *work, const struct pg_rows *rows) {
  struct progress *progress = work->act->progress;
  char phase[96];
  const char *text = pg_cell(rows, 0, PROGRESS_PHASE), *pid = pg_cell(rows, 0, PROGRESS_LOCKER);
  const char *unit = known_unit(pg_cell(rows, 0, PROGRESS_UNIT));
  if (number(pid) > 0)
    snprintf(phase, sizeof phase, "%.60s (pid %.12s)", text ? text : "", pid);
  else
    snprintf(phase, sizeof phase, "%.80s", text ? text : "");
  say_step(work, phase);
  /* a phase counts from the start: the rate is its own */
  if (unit != progress->unit || number(pg_cell(rows, 0, PROGRESS_DONE)) < progress->done)
    progress->started_ms = clock_now_ms();
  progress->done = number(pg_cell(rows, 0, PROGRESS_DONE));
  progress->total = number(pg_cell(rows, 0, PROGRESS_TOTAL));
  progress->unit = unit;
  work->act->changed(work->act);
}

static void on_watched(void *self, const struct pg_rows *rows, const struct err *err) {
  struct work *work = self;
  work->watch_asking = false;
  if (err && !postgres_link_stands(work->watch)) {
    watch_lost(work);
    return;
  }
  if (!err && rows->rows == 1 && rows->columns == PROGRESS_COLUMN_COUNT && work->at == AT_RUN)
    show(work, rows);
  if (work->cancelled)
    watch_tick(work); /* it has come meanwhile */
  else
    postgres_link_wait(work->watch, PERIOD_MS, watch_tick);
}

static void on_cancel_sent(void *self, const struct pg_rows *rows, const struct err *err) {
  struct work *work = self;
  (void)rows;
  work->watch_asking = false;
  if (err && !postgres_link_stands(work->watch))
    watch_lost(work);
  else
    postgres_link_wait(work->watch, PERIOD_MS, watch_tick); /* once more if it goes on */
}

static void watch_tick(void *self) {
  struct work *work = self;
  char pid[16];
  snprintf(pid, sizeof pid, "%d", postgres_link_pid(work->link));
  const char *const values[] = {pid};
  bool runs = work->at == AT_RUN || work->at == AT_LOCK;
  const char *progress =
      work->spec->progress ? work->spec->progress(postgres_link_version(work->watch)) : NULL;
  if (work->watch_asking)
    return;
  if (runs && work->cancelled) {
    work->watch_asking = true;
    postgres_link_ask(work->watch, "SELECT pg_cancel_backend($1::int)", 1, values, on_cancel_sent);
  } else if (runs && progress) {
    work->watch_asking = true;
    postgres_link_ask(work->watch, progress, 1, values, on_watched);
  } else {
    postgres_link_wait(work->watch, PERIOD_MS, watch_tick);
  }
}

static void on_watch_ready(void *self, const struct pg_rows *rows, const struct err *err) {
  struct work *work = self;
  (void)rows;
  if (err) { /* no slot for a second session: it goes on without */
    watch_lost(work);
    return;
  }
  work->watch_ready = true;
  watch_tick(work);
}

static void watch_open(struct work *work) {
  work->watch = postgres_link_open(work->act, on_watch_ready, work);
}

/* ---- what a failed one has left */

static void on_left(void *self, const struct pg_rows *rows, const struct err *err);

static void ask_left(struct work *work) {
  const char *const values[] = {pin(work, WORK_PIN_OID), work->invalid ? work->invalid : "{}"};
  work->at = AT_LEFT;
  postgres_link_ask(work->link, left_sql, 2, values, on_left);
}

static void add_left(struct work *work, const char *name) {
  enum { WORD_MAX = 1024 };
  char word[WORD_MAX];
  char *all =
      mem_printf("%s %s", work->left ? work->left : "", quote_word(word, sizeof word, name));
  free(work->left);
  work->left = all;
}

static void on_left(void *self, const struct pg_rows *rows, const struct err *err) {
  struct work *work = self;
  struct outcome *outcome = work->act->outcome;
  const struct victim_outcome *victim = &outcome->victims[work->victim];
  if (err && !postgres_link_stands(work->link)) {
    end(work, err);
    return;
  }
  if (err && !work->asked_again) { /* a cancel that came late */
    work->asked_again = true;
    ask_left(work);
    return;
  }
  if (err)
    outcome_set(outcome, work->victim, victim->result,
                "%s; whether it has left an invalid index is not known: %s", victim->words,
                err->text);
  for (size_t i = 0; rows && i < rows->rows && rows->columns == 1; i++) {
    const char *name = pg_cell(rows, i, 0);
    outcome_set_partly(
        outcome, work->victim, NULL,
        i == 0 ? "%s; it has left the invalid index %s: postgres.drop-invalid-index removes "
                 "it"
               : "%s, and %s",
        victim->words, name);
    add_left(work, name);
  }
  victim_done(work);
}

/* ---- the statement */

static void failed(struct work *work, const struct err *err) {
  struct outcome *outcome = work->act->outcome;
  const char *state = postgres_link_sqlstate(work->link);
  if (work->spec->stays && work->at == AT_RUN && strcmp(state, cancelled_state) == 0)
    outcome_set_partly(outcome, work->victim, NULL, "%s",
                       work->cancelled ? work->spec->cancelled : err->text);
  else if (work->cancelled && strcmp(state, cancelled_state) == 0)
    outcome_set(outcome, work->victim, VICTIM_SKIPPED, "%s",
                work->at == AT_RUN ? work->spec->cancelled : "cancelled before it began");
  else if (strcmp(state, lock_timeout_state) == 0)
    outcome_set(outcome, work->victim, VICTIM_REFUSED, "another session holds its lock: %s",
                err->text);
  else
    outcome_set(outcome, work->victim, VICTIM_REFUSED, "%s", err->text);
}

static void on_run(void *self, const struct pg_rows *rows, const struct err *err) {
  struct work *work = self;
  char time[FORMAT_MAX];
  (void)rows;
  if (err && !postgres_link_stands(work->link)) {
    outcome_set(work->act->outcome, work->victim, VICTIM_UNKNOWN,
                "the connection was lost in the middle of it, and the server may go on: %s",
                err->text);
    end(work, err);
    return;
  }
  if (!err) {
    format_duration(time, sizeof time, (double)(clock_now_ms() - work->run_ms) / 1e3);
    outcome_set(work->act->outcome, work->victim, VICTIM_SENT, "ran for %s", time);
    victim_done(work);
    return;
  }
  failed(work, err);
  if (work->spec->concurrently)
    ask_left(work);
  else
    victim_done(work);
}

static void run(struct work *work) {
  if (work->cancelled) {
    outcome_set(work->act->outcome, work->victim, VICTIM_SKIPPED, "cancelled before it began");
    victim_done(work);
    return;
  }
  work->at = AT_RUN;
  work->run_ms = clock_now_ms();
  *work->act->progress = (struct progress){.started_ms = work->run_ms};
  say_step(work, "begins");
  work->act->changed(work->act);
  postgres_link_ask(work->link, pin(work, WORK_PIN_STATEMENT), 0, NULL, on_run);
}

static void on_locked(void *self, const struct pg_rows *rows, const struct err *err) {
  struct work *work = self;
  (void)rows;
  if (!err) {
    run(work);
    return;
  }
  if (!postgres_link_stands(work->link)) {
    outcome_set(work->act->outcome, work->victim, VICTIM_SKIPPED, "not begun: %s", err->text);
    end(work, err);
    return;
  }
  failed(work, err);
  victim_done(work);
}

/* The lock that it begins with is taken and let go: only its waiting for transactions may take
 * long. One message is one transaction; LOCK_TIMEOUT counts in it at once. */
static void look_for_lock(struct work *work) {
  char *sql = work->lock ? mem_printf("SET lock_timeout = '3s';"
                                      " LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE;"
                                      " SET lock_timeout = 0",
                                      work->lock)
                         : mem_dup("SET lock_timeout = 0");
  work->at = AT_LOCK;
  postgres_link_ask(work->link, sql, 0, NULL, on_locked);
  free(sql);
}

/* ---- who it is */

static void keep(char **copy, const char *text) {
  free(*copy);
  *copy = text ? mem_dup(text) : NULL;
}

static void on_checked(void *self, const struct pg_rows *rows, const struct err *err) {
  struct work *work = self;
  struct outcome *outcome = work->act->outcome;
  if (err && !postgres_link_stands(work->link)) {
    end(work, err);
    return;
  }
  const char *why = NULL;
  if (!err && rows->rows == 1 && rows->columns == CHECK_COLUMN_COUNT) {
    why = pg_cell(rows, 0, CHECK_WHY_NOT);
    keep(&work->lock, pg_cell(rows, 0, CHECK_LOCK));
    keep(&work->invalid, pg_cell(rows, 0, CHECK_INVALID));
    if (!why && work->spec->concurrently) {
      look_for_lock(work);
      return;
    }
    if (!why) {
      run(work);
      return;
    }
  }
  if (err || why)
    outcome_set(outcome, work->victim, VICTIM_REFUSED, "%s", err ? err->text : why);
  else
    outcome_set(outcome, work->victim, VICTIM_GONE,
                "it is not there any more, or is not what was planned: left alone");
  victim_done(work);
}

static void next(struct work *work) {
  if (work->victim == work->act->plan->victim_count || work->cancelled) {
    end(work, NULL);
    return;
  }
  const char *const values[] = {pin(work, WORK_PIN_OID), pin(work, WORK_PIN_STATEMENT),
                                pin(work, WORK_PIN_STAMP)};
  work->at = AT_CHECK;
  work->asked_again = false;
  postgres_link_ask(work->link, work->spec->check, work->spec->check_stamp ? 3 : 2, values,
                    on_checked);
}

/* ---- the step */

static void on_ready(void *self, const struct pg_rows *rows, const struct err *err) {
  struct work *work = self;
  (void)rows;
  if (err) {
    end(work, err);
    return;
  }
  watch_open(work);
  next(work);
}

void postgres_work_start(struct act *act, const struct postgres_work *spec) {
  struct work *work = mem_new(sizeof *work);
  work->act = act;
  work->spec = spec;
  act->self = work;
  work->link = postgres_link_open(act, on_ready, work);
}

void postgres_work_cancel(struct act *act) {
  struct work *work = act->self;
  work->cancelled = true; /* at the latest, it ends with the statement under way */
  if (work->at != AT_RUN && work->at != AT_LOCK)
    return;
  if (!work->watch)
    watch_open(work);
  else if (work->watch_ready)
    watch_tick(work);
}

void postgres_work_drop(struct act *act) {
  struct work *work = act->self;
  if (work->at == AT_RUN)
    outcome_set(act->outcome, work->victim, VICTIM_UNKNOWN,
                "left in the middle of it: the server may go on");
  outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_SKIPPED, "not come to");
  forget(work);
}

/* ---- the plan's side */

struct plan_victim *postgres_work_victim(struct plan *plan, const char *key, int64_t oid,
                                         const char *statement, struct err *err) {
  struct plan_victim *victim = plan_victim(plan, key, key);
  if (!victim) {
    err_set(err, ERR_LIMIT, "more than can be done at once: pick fewer");
    return NULL;
  }
  victim->pins[WORK_PIN_OID] = plan_printf(plan, "%lld", (long long)oid);
  victim->pins[WORK_PIN_STATEMENT] = plan_copy(plan, statement);
  victim->pins[WORK_PIN_NAME] = victim->label;
  plan_say(plan, PLAN_EFFECT, "%s;", victim->pins[WORK_PIN_STATEMENT]);
  return victim;
}
