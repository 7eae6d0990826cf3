#include "actions/postgres/postgres_script.h"

#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool in_effect(const struct postgres_script *script) {
  return script->at < script->count && script->questions[script->at]->effect;
}

static void end(struct postgres_script *script, const struct err *err) {
  struct act *act = script->act;
  struct sample *sample = script->sample;
  struct err copy = err ? *err : (struct err){0};
  postgres_link_close(script->link);
  act->self = NULL;
  free(script);
  if (err) {
    sample_free(sample);
    sample = NULL;
  }
  act->end(act, sample, err ? &copy : NULL);
}

static void next(struct postgres_script *script);

static void lost(struct postgres_script *script, const struct err *err) {
  struct outcome *outcome = script->act->outcome;
  if (outcome && in_effect(script))
    outcome_set(outcome, 0, VICTIM_UNKNOWN, "no answer: %s", err->text);
  end(script, err);
}

static void again(void *self);

static void on_answer(void *self, const struct pg_rows *rows, const struct err *err) {
  struct postgres_script *script = self;
  const struct postgres_question *question = script->questions[script->at];
  struct err odd;
  if (err && !postgres_link_stands(script->link)) {
    lost(script, err);
    return;
  }
  if (rows && rows->rows > 0 && question->columns > 0 && rows->columns != question->columns) {
    err_set(&odd, ERR_PROTOCOL, "an answer of %zu columns instead of %zu", rows->columns,
            question->columns);
    rows = NULL;
    err = &odd;
  }
  script->again_ms = 0;
  if (!question->take(script, rows, err)) {
    end(script, script->err.kind ? &script->err : NULL);
  } else if (script->again_ms > 0) {
    postgres_link_wait(script->link, script->again_ms, again);
  } else {
    script->at++;
    script->since_ms = clock_now_ms();
    next(script);
  }
}

/* False when the question is not to be asked, or the script has ended. */
static bool ask(struct postgres_script *script, bool *ended) {
  const struct postgres_question *question = script->questions[script->at];
  script->value_count = 0;
  const char *sql = question->ask(script);
  *ended = script->err.kind != ERR_NONE;
  if (*ended)
    end(script, &script->err);
  else if (sql)
    postgres_link_ask(script->link, sql, script->value_count,
                      question->simple ? NULL : script->values, on_answer);
  return !*ended && sql;
}

static void next(struct postgres_script *script) {
  bool ended = false;
  for (; script->at < script->count; script->at++)
    if (ask(script, &ended) || ended)
      return;
  end(script, NULL);
}

static void again(void *self) {
  next(self);
}

static void on_ready(void *self, const struct pg_rows *rows, const struct err *err) {
  struct postgres_script *script = self;
  (void)rows;
  script->since_ms = clock_now_ms();
  if (!err && script->sample)
    postgres_identity_keep(script->sample, postgres_link_identity(script->link));
  if (err)
    end(script, err);
  else
    next(script);
}

static struct postgres_script *script_make(struct act *act, const struct table_spec *const *tables,
                                           size_t table_count,
                                           const struct postgres_question *const *questions,
                                           size_t count) {
  struct postgres_script *script = mem_new(sizeof *script);
  script->act = act;
  script->sample = table_count > 0 ? sample_new(tables, table_count) : NULL;
  script->questions = questions;
  script->count = count;
  act->self = script;
  return script;
}

void postgres_script_start(struct act *act, const struct table_spec *const *tables,
                           size_t table_count, const struct postgres_question *const *questions,
                           size_t count) {
  struct postgres_script *script = script_make(act, tables, table_count, questions, count);
  script->link = postgres_link_open(act, on_ready, script);
}

void postgres_script_start_urgent(struct act *act, const struct table_spec *const *tables,
                                  size_t table_count,
                                  const struct postgres_question *const *questions, size_t count) {
  struct postgres_script *script = script_make(act, tables, table_count, questions, count);
  script->link = postgres_link_open_urgent(act, on_ready, script);
}

void postgres_script_drop(struct act *act) {
  struct postgres_script *script = act->self;
  if (act->outcome && in_effect(script) && script->since_ms > 0)
    outcome_set(act->outcome, 0, VICTIM_UNKNOWN, "no answer came");
  if (act->outcome) {
    outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_SKIPPED, "nothing was done");
    outcome_set_all(act->outcome, VICTIM_SENT, VICTIM_UNKNOWN,
                    "done without an error, but no proof was seen");
  }
  postgres_link_close(script->link);
  sample_free(script->sample);
  act->self = NULL;
  free(script);
}

bool postgres_script_must(struct postgres_script *script, const struct err *err) {
  if (err)
    script->err = *err;
  return !err;
}

bool postgres_script_allowed(struct postgres_script *script, const struct err *err) {
  bool lock = err && strcmp(postgres_link_sqlstate(script->link), "55P03") == 0;
  if (err)
    outcome_set(script->act->outcome, 0, VICTIM_REFUSED, "%s%s",
                lock ? "another session holds its lock: " : "", err->text);
  return !err;
}

void postgres_script_value(struct postgres_script *script, const char *value) {
  assert(script->value_count < POSTGRES_SCRIPT_VALUES_MAX);
  script->values[script->value_count++] = value;
}
