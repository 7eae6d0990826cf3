/* Runs postgres.delete-old, batch by batch, and proves it. */
#include "actions/postgres/postgres_delete_old.h"
#include "actions/postgres/postgres_script.h"

#include "core/format.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAUSE_MAX_MS = 1000, PAUSE_MIN_MS = 5 };

struct deletion {
  struct act *act;
  struct postgres_link *link;
  bool asked; /* a batch is under way */
  bool cancelled;
  int64_t asked_ms;
  int64_t deleted;
  int64_t batches;
};

static const char *plan_pin(const struct act *act, enum postgres_delete_pin pin) {
  return act->plan->victims[0].pins[pin];
}

static const char *deleted_text(const struct deletion *deletion, char out[FORMAT_MAX + 16]) {
  char count[FORMAT_MAX];
  snprintf(out, FORMAT_MAX + 16, "%s row%s", format_count(count, sizeof count, deletion->deleted),
           deletion->deleted == 1 ? "" : "s");
  return out;
}

static void forget(struct deletion *deletion) {
  postgres_link_close(deletion->link);
  deletion->act->self = NULL;
  free(deletion);
}

static void end(struct deletion *deletion, const struct err *err) {
  struct act *act = deletion->act;
  struct err copy = err ? *err : (struct err){0};
  forget(deletion);
  act->end(act, NULL, err ? &copy : NULL);
}

/* ---- the batches */

static void next(void *self);

static void batch_failed(struct deletion *deletion, const struct err *err) {
  struct outcome *outcome = deletion->act->outcome;
  bool lock = strcmp(postgres_link_sqlstate(deletion->link), "55P03") == 0;
  if (!postgres_link_stands(deletion->link)) {
    outcome_set(outcome, 0, VICTIM_UNKNOWN, "one more batch may have been deleted: %s", err->text);
    end(deletion, err);
    return;
  }
  outcome_set(outcome, 0, VICTIM_REFUSED, "%s%s", lock ? "another session holds its lock: " : "",
              err->text);
  end(deletion, NULL);
}

static void on_batch(void *self, const struct pg_rows *rows, const struct err *err) {
  struct deletion *deletion = self;
  struct act *act = deletion->act;
  char text[FORMAT_MAX + 16];
  deletion->asked = false;
  if (err) {
    batch_failed(deletion, err);
    return;
  }
  const char *cell = rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  int64_t count = cell ? strtoll(cell, NULL, 10) : 0;
  if (count == 0) {
    outcome_set(act->outcome, 0, VICTIM_SENT, "%s deleted", deleted_text(deletion, text));
    end(deletion, NULL);
    return;
  }
  deletion->deleted += count;
  deletion->batches++;
  act->progress->done = deletion->deleted;
  outcome_note(act->outcome, 0, deletion->deleted, act->plan->count, "rows");
  snprintf(act->progress->step, sizeof act->progress->step, "%lld transactions",
           (long long)deletion->batches);
  act->changed(act);
  int64_t took_ms = clock_now_ms() - deletion->asked_ms;
  took_ms = took_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : took_ms;
  postgres_link_wait(deletion->link, took_ms < PAUSE_MIN_MS ? PAUSE_MIN_MS : took_ms, next);
}

static void next(void *self) {
  struct deletion *deletion = self;
  if (deletion->cancelled) {
    outcome_set(deletion->act->outcome, 0, VICTIM_SKIPPED, "stopped");
    end(deletion, NULL);
    return;
  }
  const char *const values[] = {plan_pin(deletion->act, DELETE_PIN_CUTOFF),
                                plan_pin(deletion->act, DELETE_PIN_BATCH)};
  deletion->asked = true;
  deletion->asked_ms = clock_now_ms();
  postgres_link_ask(deletion->link, plan_pin(deletion->act, DELETE_PIN_STATEMENT), 2, values,
                    on_batch);
}

/* ---- before them */

/* What triggers run has to find what it names. */
static void on_path(void *self, const struct pg_rows *rows, const struct err *err) {
  (void)rows;
  if (err)
    end(self, err);
  else
    next(self);
}

static const char check_sql[] =
    "SELECT 1 FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = $2::text AND NOT a.attisdropped"
    " WHERE t.oid = $1::oid AND t.relkind = 'r' AND $3::text = " POSTGRES_DELETE_STATEMENT;

static void on_checked(void *self, const struct pg_rows *rows, const struct err *err) {
  struct deletion *deletion = self;
  if (err) {
    end(deletion, err);
    return;
  }
  if (rows->rows == 1) {
    postgres_link_ask(deletion->link, "RESET search_path", 0, NULL, on_path);
    return;
  }
  outcome_set(deletion->act->outcome, 0, VICTIM_GONE,
              "the table or its column is not there any more, or is another: left alone");
  end(deletion, NULL);
}

static void on_ready(void *self, const struct pg_rows *rows, const struct err *err) {
  struct deletion *deletion = self;
  const char *const values[] = {plan_pin(deletion->act, DELETE_PIN_OID),
                                plan_pin(deletion->act, DELETE_PIN_COLUMN),
                                plan_pin(deletion->act, DELETE_PIN_STATEMENT)};
  (void)rows;
  if (err)
    end(deletion, err);
  else
    postgres_link_ask(deletion->link, check_sql, 3, values, on_checked);
}

static void execute_start(struct act *act) {
  struct deletion *deletion = mem_new(sizeof *deletion);
  deletion->act = act;
  act->self = deletion;
  act->progress->total = act->plan->count;
  act->progress->unit = "rows";
  act->progress->started_ms = clock_now_ms();
  deletion->link = postgres_link_open(act, on_ready, deletion);
}

static void execute_cancel(struct act *act) {
  struct deletion *deletion = act->self;
  deletion->cancelled = true; /* ends before the next batch */
}

static void execute_drop(struct act *act) {
  struct deletion *deletion = act->self;
  if (deletion->asked)
    outcome_set(act->outcome, 0, VICTIM_UNKNOWN, "left while one more batch was being deleted");
  else
    outcome_set(act->outcome, 0, VICTIM_SKIPPED, "left between two batches");
  forget(deletion);
}

const struct act_step postgres_delete_old_execute = {
    .start = execute_start, .cancel = execute_cancel, .drop = execute_drop};

/* ---- verify */

static const char look_sql[] =
    "SELECT format('SELECT EXISTS (SELECT FROM ONLY %I.%I WHERE %I < $1::timestamptz)',"
    " n.nspname, t.relname, a.attname) FROM pg_class t JOIN pg_namespace n"
    " ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid"
    " AND a.attname = $2::text AND NOT a.attisdropped WHERE t.oid = $1::oid";

static const char *look_ask(struct postgres_script *script) {
  postgres_script_value(script, plan_pin(script->act, DELETE_PIN_OID));
  postgres_script_value(script, plan_pin(script->act, DELETE_PIN_COLUMN));
  return look_sql;
}

static bool look_take(struct postgres_script *script, const struct pg_rows *rows,
                      const struct err *err) {
  if (!postgres_script_must(script, err))
    return false;
  if (rows->rows != 1)
    return err_set(&script->err, ERR_INVALID, "the table is not there any more");
  const char *sql = pg_cell(rows, 0, 0);
  script->own = arena_text(&script->act->outcome->arena, sql, strlen(sql));
  return true;
}

static const char *patience_ask(struct postgres_script *script) {
  (void)script;
  return "SET statement_timeout = '10s'";
}

static bool patience_take(struct postgres_script *script, const struct pg_rows *rows,
                          const struct err *err) {
  (void)rows;
  return postgres_script_must(script, err);
}

static const char *left_ask(struct postgres_script *script) {
  postgres_script_value(script, plan_pin(script->act, DELETE_PIN_CUTOFF));
  return script->own;
}

static bool left_take(struct postgres_script *script, const struct pg_rows *rows,
                      const struct err *err) {
  struct outcome *outcome = script->act->outcome;
  const char *words = outcome->victims[0].words, *cutoff = plan_pin(script->act, DELETE_PIN_CUTOFF);
  bool late = err && err->kind == ERR_TIMEOUT;
  if (!late && !postgres_script_must(script, err))
    return false;
  const char *left = !late && rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  if (left && *left == 't')
    outcome_set(outcome, 0, VICTIM_UNKNOWN, "%s, but there are rows before %s again", words,
                cutoff);
  else
    outcome_set(outcome, 0, VICTIM_DONE,
                late ? "%s; the last batch found none before %s" : "%s, none before %s is left",
                words, cutoff);
  if (outcome->victims[0].result == VICTIM_DONE)
    outcome_proof(outcome, "%s", outcome->victims[0].words);
  return true;
}

static const struct postgres_question look_question = {look_ask, look_take, 1};
static const struct postgres_question patience_question = {patience_ask, patience_take,
                                                           .simple = true};
static const struct postgres_question left_question = {left_ask, left_take, 1};
static const struct postgres_question *const questions[] = {&look_question, &patience_question,
                                                            &left_question};

static void verify_start(struct act *act) {
  postgres_script_start(act, NULL, 0, questions, 3);
}

const struct act_step postgres_delete_old_verify = {
    .timeout_ms = POSTGRES_SCRIPT_MS, .start = verify_start, .drop = postgres_script_drop};
