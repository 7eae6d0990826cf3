/* Runs and proves postgres.set. */
#include "actions/postgres/postgres_script.h"
#include "actions/postgres/postgres_set.h"

#include "core/mem.h"
#include "core/quote.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 100, PATIENCE_MS = 5000, WORD_MAX = 4 * PLAN_TEXT_MAX };

static const char *pin(const struct postgres_script *script, enum postgres_set_pin pin) {
  return script->act->plan->victims[0].pins[pin];
}

/* ---- execute */

/* Whether the server still has the value of the plan, and would write the same statement. */
static const char check_sql[] =
    "SELECT v.raw = $2::text, v.raw, $3::text = CASE WHEN $4::text IS NULL"
    " THEN format('ALTER SYSTEM RESET %I', s.name)"
    " ELSE format('ALTER SYSTEM SET %I = %L', s.name, $4::text) END"
    " FROM pg_settings s, LATERAL (SELECT CASE WHEN s.source = 'session' THEN s.reset_val"
    "  ELSE s.setting END AS raw) v WHERE s.name = $1::text";

static const char *check_ask(struct postgres_script *script) {
  postgres_script_value(script, pin(script, SET_PIN_NAME));
  postgres_script_value(script, pin(script, SET_PIN_RAW));
  postgres_script_value(script, pin(script, SET_PIN_STATEMENT));
  postgres_script_value(script, pin(script, SET_PIN_VALUE));
  return check_sql;
}

static bool is_true(const char *cell) {
  return cell && *cell == 't';
}

static bool check_take(struct postgres_script *script, const struct pg_rows *rows,
                       const struct err *err) {
  struct outcome *outcome = script->act->outcome;
  if (!postgres_script_allowed(script, err))
    return false;
  if (rows->rows != 1 || !is_true(pg_cell(rows, 0, 2)))
    outcome_set(outcome, 0, VICTIM_GONE, "there is no such setting any more");
  else if (!is_true(pg_cell(rows, 0, 0)))
    outcome_set(outcome, 0, VICTIM_GONE, "it is %s by now, not %s: left alone", pg_cell(rows, 0, 1),
                pin(script, SET_PIN_RAW));
  return outcome->victims[0].result == VICTIM_PENDING;
}

static const char *alter_ask(struct postgres_script *script) {
  return pin(script, SET_PIN_STATEMENT);
}

/* "postgres.set main name=work_mem value=4MB" */
static void say_undo(struct postgres_script *script) {
  const struct plan *plan = script->act->plan;
  const char *former = pin(script, SET_PIN_FORMER);
  char target[512];
  char *word = mem_new(WORD_MAX),
       *given = mem_printf("value=%s", former && *former ? former : "''");
  quote_word(target, sizeof target, plan->target);
  outcome_undo(script->act->outcome, "postgres.set %s name=%s %s", target,
               pin(script, SET_PIN_NAME),
               former ? quote_word(word, WORD_MAX, given) : "reset=true");
  free(word);
  free(given);
}

static bool alter_take(struct postgres_script *script, const struct pg_rows *rows,
                       const struct err *err) {
  (void)rows;
  if (!postgres_script_allowed(script, err))
    return false;
  outcome_set(script->act->outcome, 0, VICTIM_SENT, "written");
  say_undo(script);
  return true;
}

static const char *reload_ask(struct postgres_script *script) {
  (void)script;
  return "SELECT pg_reload_conf()";
}

static bool reload_take(struct postgres_script *script, const struct pg_rows *rows,
                        const struct err *err) {
  if (err || rows->rows != 1 || !is_true(pg_cell(rows, 0, 0)))
    outcome_set_partly(script->act->outcome, 0, NULL,
                       "written, but not reloaded, so that it counts from the next reload on: %s",
                       err ? err->text : "the server could not be signalled");
  return true;
}

static const struct postgres_question check_question = {check_ask, check_take, 3};
static const struct postgres_question alter_question = {alter_ask, alter_take, .effect = true,
                                                        .simple = true};
static const struct postgres_question reload_question = {reload_ask, reload_take, 1,
                                                         .effect = true};
static const struct postgres_question *const run_questions[] = {&check_question, &alter_question,
                                                                &reload_question};

static void execute_start(struct act *act) {
  postgres_script_start(act, NULL, 0, run_questions, 3);
}

const struct act_step postgres_set_execute = {
    .timeout_ms = POSTGRES_SCRIPT_MS, .start = execute_start, .drop = postgres_script_drop};

/* ---- verify */

/* The server's value; whether it waits for a restart; whether its file says something else, if the
 * file may be read. */
#define PROVE_SQL(file_error)                                                                 \
  "SELECT v.raw, CASE WHEN s.source = 'session' THEN v.raw ELSE current_setting(s.name) END," \
  " s.pending_restart, " file_error ", s.source"                                              \
  " FROM pg_settings s, LATERAL (SELECT CASE WHEN s.source = 'session' THEN s.reset_val"      \
  "  ELSE s.setting END AS raw) v WHERE s.name = $1::text"
enum { PROVE_COLUMNS = 5 };
static const char superuser_sql[] =
    PROVE_SQL("(SELECT f.error FROM pg_file_settings f WHERE lower(f.name) = lower(s.name)"
              " AND f.sourcefile LIKE '%postgresql.auto.conf' ORDER BY f.seqno DESC LIMIT 1)");
static const char other_sql[] = PROVE_SQL("NULL::text");

static const char *superuser_ask(struct postgres_script *script) {
  postgres_script_value(script, pin(script, SET_PIN_NAME));
  return superuser_sql;
}

/* Only where the first was denied. */
static const char *other_ask(struct postgres_script *script) {
  if (script->act->outcome->victims[0].result != VICTIM_SENT)
    return NULL;
  postgres_script_value(script, pin(script, SET_PIN_NAME));
  return other_sql;
}

/* Whether it will still change: the server reads its files a moment after the signal. */
static bool is_as_wanted(struct postgres_script *script, const char *raw) {
  const char *value = pin(script, SET_PIN_VALUE);
  return strcmp(raw, pin(script, SET_PIN_RAW)) != 0 || (value && strcmp(raw, value) == 0);
}

static bool prove_take(struct postgres_script *script, const struct pg_rows *rows,
                       const struct err *err) {
  struct outcome *outcome = script->act->outcome;
  if (!postgres_script_must(script, err))
    return false;
  const char *raw = rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  if (!raw)
    return err_set(&script->err, ERR_PROTOCOL, "the setting is not told any more");
  const char *shown = pg_cell(rows, 0, 1), *error = pg_cell(rows, 0, 3);
  const char *was = pin(script, SET_PIN_SHOWN);
  bool waits = is_true(pg_cell(rows, 0, 2)), patient;
  patient = clock_now_ms() - script->since_ms < PATIENCE_MS;
  if (is_as_wanted(script, raw)) {
    outcome_set(outcome, 0, VICTIM_DONE, "%s now, %s before", shown, was);
    outcome_proof(outcome, "%s is %s now, %s before", pin(script, SET_PIN_NAME), shown, was);
  } else if (waits) {
    outcome_set(outcome, 0, VICTIM_DONE, "written; %s still, until the server is restarted", shown);
    outcome_proof(outcome, "%s waits for a restart, %s until then", pin(script, SET_PIN_NAME),
                  shown);
  } else if (patient) {
    script->again_ms = LOOK_AGAIN_MS;
  } else if (error) {
    outcome_set(outcome, 0, VICTIM_UNKNOWN, "written, but not taken: %s", error);
  } else {
    outcome_set(outcome, 0, VICTIM_DONE,
                "written and reloaded; the value is %s, as before (from %s)", shown,
                pg_cell(rows, 0, 4));
  }
  return true;
}

static bool superuser_take(struct postgres_script *script, const struct pg_rows *rows,
                           const struct err *err) {
  if (err && strcmp(postgres_link_sqlstate(script->link), "42501") == 0)
    return true; /* the next one asks for less */
  return prove_take(script, rows, err);
}

static const struct postgres_question superuser_question = {superuser_ask, superuser_take,
                                                            PROVE_COLUMNS};
static const struct postgres_question other_question = {other_ask, prove_take, PROVE_COLUMNS};
static const struct postgres_question *const prove_questions[] = {&superuser_question,
                                                                  &other_question};

static void verify_start(struct act *act) {
  postgres_script_start(act, NULL, 0, prove_questions, 2);
}

const struct act_step postgres_set_verify = {
    .timeout_ms = POSTGRES_SCRIPT_MS, .start = verify_start, .drop = postgres_script_drop};
