#include "actions/postgres/maintenance/postgres_work.h"

#include "actions/postgres/maintenance/postgres_holders.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/quote.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERIOD_MS = 1000 };

/* The leftovers of a failed one: invalid indexes of its table that did not exist before ($2), and
 * that no other session is building. $1: the oid of the table or of an index. */
static const char left_sql[] =
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i"
    " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT i.indisvalid AND c.relkind = 'i' AND i.indexrelid <> ALL ($2::oid[])"
    " AND i.indrelid = coalesce((SELECT o.indrelid FROM pg_index o WHERE o.indexrelid = $1::oid),"
    " $1::oid)"
    " AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.relid = i.indrelid"
    " AND p.pid <> pg_backend_pid()) ORDER BY 1 LIMIT 20";

struct work {
  struct step *step;
  const struct postgres_work *spec;
  struct postgres_conn *conn;
  struct postgres_conn *watch; /* a second session; NULL: none, or it was lost */
  size_t object;
  const char *left; /* names for postgres.drop-invalid-index, each quoted as a word; NULL: none */
};

/* What `check` says about the current object, in the step's arena. */
struct checked {
  const char *lock;    /* a name for LOCK TABLE; NULL: none */
  const char *invalid; /* the table's invalid indexes */
};

static const char *identity(const struct work *work, const char *name) {
  return postgres_identity(work->step, work->object, name);
}

static struct outcome *outcome_of(const struct work *work) {
  return work->step->call->outcome;
}

/* ---- the second session: progress, and a person's cancel */

static int64_t number(const char *cell) {
  return cell ? strtoll(cell, NULL, 10) : 0;
}

static const char *known_unit(const char *unit) {
  static const char *const units[] = {"blocks", "rows", "indexes", "transactions"};
  for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++)
    if (strcmp(units[i], unit) == 0)
      return units[i];
  return NULL;
}

static void say_step(struct work *work, const char *phase) {
  const struct plan *plan = work->step->call->plan;
  struct progress *progress = work->step->call->progress;
  char turn[32] = "";
  if (plan->object_count > 1)
    snprintf(turn, sizeof turn, "%zu of %zu, ", work->object + 1, plan->object_count);
  snprintf(progress->step, sizeof progress->step, "%s%.40s: %s", turn,
           plan->objects[work->object].label, phase);
  step_report(work->step);
}

static void show(struct work *work, const struct pg_rows *rows) {
  struct progress *progress = work->step->call->progress;
  char phase[96];
  const char *text = pg_cell(rows, 0, PROGRESS_PHASE), *pid = pg_cell(rows, 0, PROGRESS_LOCKER);
  const char *unit = known_unit(pg_cell(rows, 0, PROGRESS_UNIT));
  if (number(pid) > 0)
    snprintf(phase, sizeof phase, "%.60s (pid %.12s)", text ? text : "", pid);
  else
    snprintf(phase, sizeof phase, "%.80s", text ? text : "");
  say_step(work, phase);
  /* each phase counts from zero: the rate is its own */
  if (unit != progress->unit || number(pg_cell(rows, 0, PROGRESS_DONE)) < progress->done)
    progress->started_ms = clock_now_ms();
  progress->done = number(pg_cell(rows, 0, PROGRESS_DONE));
  progress->total = number(pg_cell(rows, 0, PROGRESS_TOTAL));
  progress->unit = unit;
}

/* Takes the answer to the last question, and asks again. Never waits: the statement runs without a
 * second session where no connection slot is left. */
static void look(struct work *work) {
  char pid[16];
  snprintf(pid, sizeof pid, "%d", postgres_pid(work->conn));
  const char *const values[] = {pid};
  if (!work->watch)
    work->watch = work->step->cancelled ? postgres_conn_begin(work->step, work->conn) : NULL;
  if (!work->watch || !postgres_is_answered(work->watch))
    return;
  const struct pg_rows *rows = postgres_take(work->watch);
  if (!rows && !postgres_is_up(work->watch)) {
    postgres_conn_close(work->watch);
    work->watch = NULL;
    return;
  }
  if (rows && rows->rows == 1 && rows->columns == PROGRESS_COLUMN_COUNT)
    show(work, rows);
  const char *progress =
      work->spec->progress ? work->spec->progress(postgres_version(work->watch)) : NULL;
  if (work->step->cancelled) /* each second, until it has ended */
    postgres_begin(work->watch, "SELECT pg_cancel_backend($1::int)", 1, values);
  else if (progress)
    postgres_begin(work->watch, progress, 1, values);
}

/* A statement that a person can cancel. values: as for postgres_ask. */
static const struct pg_rows *run_long(struct work *work, const char *sql,
                                      const char *const *values) {
  look(work); /* the last question was about another statement */
  postgres_begin(work->conn, sql, 0, values);
  while (!postgres_wait(work->conn, work->step->cancelled && !work->watch ? 50 : PERIOD_MS))
    look(work);
  return postgres_take(work->conn);
}

/* ---- one object: check, lock, run */

static void failed(struct work *work, bool running) {
  struct outcome *outcome = outcome_of(work);
  const char *state = postgres_sqlstate(work->conn), *why = work->step->err.text;
  const bool cancelled = work->step->cancelled;
  if (work->spec->stays && running && strcmp(state, POSTGRES_CANCELLED) == 0)
    outcome_set_partly(outcome, work->object, NULL, "%s", cancelled ? work->spec->cancelled : why);
  else if (cancelled && strcmp(state, POSTGRES_CANCELLED) == 0)
    outcome_set(outcome, work->object, OBJECT_SKIPPED, "%s",
                running ? work->spec->cancelled : "cancelled before it began");
  else if (strcmp(state, POSTGRES_LOCK_TIMEOUT) == 0)
    outcome_set(outcome, work->object, OBJECT_REFUSED, "another session holds its lock: %s", why);
  else
    outcome_set(outcome, work->object, OBJECT_REFUSED, "%s", why);
}

/* Whether it is still the planned object; otherwise sets its result. */
static bool check(struct work *work, struct checked *checked) {
  struct outcome *outcome = outcome_of(work);
  const struct pg_rows *rows = postgres_read_identified(
      work->conn, CHECK_COLUMN_COUNT, work->spec->check, work->object,
      POSTGRES_NAMES(POSTGRES_WORK_OID, POSTGRES_WORK_STATEMENT,
                     work->spec->check_stamp ? POSTGRES_WORK_STAMP : NULL));
  const char *why = rows && rows->rows > 0 ? pg_cell(rows, 0, CHECK_WHY_NOT) : NULL;
  if (!rows && !postgres_is_up(work->conn))
    return false;
  if (!rows || why) {
    outcome_set(outcome, work->object, OBJECT_REFUSED, "%s", rows ? why : work->step->err.text);
  } else if (rows->rows == 0) {
    outcome_set(outcome, work->object, OBJECT_GONE,
                "not touched: it no longer exists or is not the planned one");
  } else {
    const char *lock = pg_cell(rows, 0, CHECK_LOCK), *invalid = pg_cell(rows, 0, CHECK_INVALID);
    checked->lock = lock ? arena_printf(&work->step->arena, "%s", lock) : NULL;
    checked->invalid = invalid ? arena_printf(&work->step->arena, "%s", invalid) : "{}";
    return true;
  }
  return false;
}

/* The lock that it begins with is taken and released: only its wait for transactions may take long.
 * One message is one transaction; LOCK_TIMEOUT applies in it at once. */
static bool may_lock(struct work *work, const char *lock) {
  const char *sql = lock ? arena_printf(&work->step->arena,
                                        "SET lock_timeout = '3s';"
                                        " LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE;"
                                        " SET lock_timeout = 0",
                                        lock)
                         : "SET lock_timeout = 0";
  if (run_long(work, sql, NULL))
    return true;
  if (postgres_is_up(work->conn))
    failed(work, false);
  else
    outcome_set(outcome_of(work), work->object, OBJECT_SKIPPED, "not begun: %s",
                work->step->err.text);
  return false;
}

/* Adds the invalid indexes that a failed one has left to its result. */
static void add_left(struct work *work, const char *invalid) {
  enum { WORD_MAX = 1024 };
  struct outcome *outcome = outcome_of(work);
  const struct object_outcome *object = &outcome->objects[work->object];
  const char *const values[] = {identity(work, POSTGRES_WORK_OID), invalid};
  const struct pg_rows *rows = postgres_read(work->conn, 1, left_sql, 2, values);
  if (!rows && postgres_is_up(work->conn)) /* a late cancel has hit the question */
    rows = postgres_read(work->conn, 1, left_sql, 2, values);
  if (!rows) {
    outcome_set(outcome, work->object, object->result,
                "%s; whether it left an invalid index is not known: %s", object->words,
                work->step->err.text);
    return;
  }
  for (size_t i = 0; i < rows->rows; i++) {
    char word[WORD_MAX];
    const char *name = pg_cell(rows, i, 0);
    outcome_set_partly(
        outcome, work->object, NULL,
        i == 0 ? "%s; it left the invalid index %s, which postgres.drop-invalid-index removes"
               : "%s, and %s",
        object->words, name);
    work->left = arena_printf(&work->step->arena, "%s %s", work->left ? work->left : "",
                              quote_word(word, sizeof word, name));
  }
}

static void run(struct work *work, const struct checked *checked) {
  struct outcome *outcome = outcome_of(work);
  const int64_t started_ms = clock_now_ms();
  char time[FORMAT_MAX];
  *work->step->call->progress = (struct progress){.started_ms = started_ms};
  say_step(work, "begins");
  /* the extended protocol takes one statement, whatever the text says */
  if (run_long(work, identity(work, POSTGRES_WORK_STATEMENT), postgres_no_values)) {
    format_duration(time, sizeof time, (double)(clock_now_ms() - started_ms) / 1e3);
    outcome_set(outcome, work->object, OBJECT_SENT, "ran for %s", time);
  } else if (work->step->dropped) {
    outcome_set(outcome, work->object, OBJECT_UNKNOWN,
                "stacktop left while it was running; the server may continue");
  } else if (!postgres_is_up(work->conn)) {
    outcome_set(outcome, work->object, OBJECT_UNKNOWN,
                "the connection was lost while it was running, and the server may continue: %s",
                work->step->err.text);
  } else {
    failed(work, true);
    if (work->spec->concurrently)
      add_left(work, checked->invalid);
  }
}

static void work_on(struct work *work) {
  struct checked checked;
  if (!check(work, &checked) || (work->spec->concurrently && !may_lock(work, checked.lock)))
    return;
  if (work->step->cancelled)
    outcome_set(outcome_of(work), work->object, OBJECT_SKIPPED, "cancelled before it began");
  else
    run(work, &checked);
}

/* ---- the step */

bool postgres_work_run(struct step *step, const struct postgres_work *spec) {
  struct work work = {.step = step, .spec = spec, .conn = postgres_conn_open(step)};
  const struct plan *plan = step->call->plan;
  if (!work.conn)
    return false;
  work.watch = postgres_conn_begin(step, work.conn);
  while (postgres_is_up(work.conn) && work.object < plan->object_count && !step_should_stop(step)) {
    work_on(&work);
    step_report(step);
    work.object++;
  }
  outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_SKIPPED, "%s",
                  step->cancelled ? "cancelled before its turn" : "not attempted");
  if (work.left) {
    char target[256];
    outcome_undo(step->call->outcome, "postgres.drop-invalid-index %s%s",
                 quote_word(target, sizeof target, plan->target), work.left);
  }
  return postgres_is_up(work.conn) && !step->dropped;
}

/* ---- the plan's side */

static const char *const identities[] = {POSTGRES_WORK_OID,   POSTGRES_WORK_STATEMENT,
                                         POSTGRES_WORK_NAME,  POSTGRES_WORK_BEFORE,
                                         POSTGRES_WORK_STAMP, NULL};

static bool add_object(const struct action_request *request, struct plan *plan,
                       const struct postgres_work *work, const struct postgres_plan_spec *spec,
                       const char *verb, const struct row *row, struct err *err) {
  const struct table *table = &request->found->tables[0];
  const char *statement = verb ? plan_printf(plan, "%s %s", verb, row->key)
                               : postgres_found_text(table, row, POSTGRES_WORK_STATEMENT);
  if (strlen(statement) >= PLAN_TEXT_MAX - 8)
    return err_set(err, ERR_LIMIT, "the statement is too long");
  struct plan_object *object = postgres_plan_add(request, plan, spec, row, err);
  if (!object)
    return false;
  postgres_identify(plan, object, POSTGRES_WORK_STATEMENT, statement);
  const struct value before =
      work->before ? postgres_found(table, row, work->before) : value_none(NULL);
  if (before.type == VALUE_INT)
    postgres_identify(plan, object, POSTGRES_WORK_BEFORE,
                      plan_printf(plan, "%lld", (long long)before.integer));
  plan_say(plan, PLAN_EFFECT, "%s;", statement);
  return true;
}

/* For free(). */
static const struct row **rows_of(const struct action_request *request, struct plan *plan,
                                  size_t *count, struct err *err) {
  if (plan->action->choice != CHOICE_NONE)
    return postgres_picked(request, plan, count, err);
  const struct row *row = postgres_found_row(request);
  if (!row) {
    err_set(err, ERR_INVALID, "the table is not known");
    return NULL;
  }
  const struct row **rows = mem_new(sizeof *rows);
  rows[0] = row;
  *count = 1;
  return rows;
}

/* Those that the server will refuse. */
static void warn_of_problems(struct plan *plan, const struct table *table,
                             const struct row *const *rows, size_t count) {
  const char *problem = NULL, *key = NULL;
  size_t problems = 0;
  for (size_t i = 0; i < count; i++) {
    const char *text = postgres_found_text(table, rows[i], "problem");
    if (!*text)
      continue;
    problems++;
    problem = text;
    key = rows[i]->key;
  }
  if (problems == 1)
    plan_say(plan, PLAN_WARNING, "%s will be refused: %s", key, problem);
  else if (problems > 1)
    plan_say(plan, PLAN_WARNING, "%zu of %zu will be refused; %s: %s", problems, count, key,
             problem);
}

bool postgres_work_plan(const struct action_request *request, struct plan *plan,
                        const struct postgres_work *work, const char *verb, struct err *err) {
  const struct postgres_plan_spec spec = {work->columns, identities, POSTGRES_OF_DATA};
  size_t count;
  const struct row **rows = rows_of(request, plan, &count, err);
  if (!rows)
    return false;
  postgres_plan_begin(request, plan, &spec);
  plan->unit = count == 1 ? work->one : work->many;
  plan->title =
      count == 1 ? plan_printf(plan, "%s %s of %s", work->title_one ? work->title_one : work->title,
                               rows[0]->key, plan->target)
                 : plan_printf(plan, "%s %zu %s of %s", work->title, count,
                               work->objects ? work->objects : work->many, plan->target);
  bool good = true;
  for (size_t i = 0; good && i < count; i++)
    good = add_object(request, plan, work, &spec, verb, rows[i], err);
  if (good) {
    work->say(request, plan, rows, count);
    warn_of_problems(plan, &request->found->tables[0], rows, count);
    if (work->concurrently)
      postgres_holders_warn_waits(plan, request);
    plan_say(plan, PLAN_PRECONDITION, "its table's lock is available within 3 s");
    good = !work->permits || work->permits(request, plan, rows, count, err);
  }
  free(rows);
  return good;
}
