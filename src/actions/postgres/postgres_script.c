#include "actions/postgres/postgres_script.h"

#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdio.h>
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

/* True with the answer taken; false: the script ends, with its err where that is set. */
static bool take(struct postgres_script *script, const struct pg_rows *rows,
                 const struct err *err) {
  const struct postgres_question *question = script->questions[script->at];
  struct postgres_utf8 utf8;
  if (!rows || !script->sample || question->simple)
    return question->take(script, rows, err);
  bool good = postgres_utf8_init(&utf8, rows, script->encoding);
  if (!good)
    err_set(&script->err, ERR_LIMIT, "the answer is too large");
  size_t count = rows->rows * rows->columns;
  for (size_t i = 0; good && utf8.broken && !question->broken && i < count; i++)
    if (utf8.broken[i])
      good = err_set(&script->err, ERR_INVALID, "\"%.100s\" is not valid UTF-8: it cannot be used",
                     utf8.rows.cells[i]);
  script->utf8 = &utf8;
  good = good && question->take(script, &utf8.rows, err);
  script->utf8 = NULL;
  postgres_utf8_fini(&utf8);
  return good;
}

static void proceed(struct postgres_script *script) {
  script->at++;
  script->since_ms = clock_now_ms();
  next(script);
}

/* The questions that follow are asked as ever: what was typed is UTF-8. */
static void on_converting(void *self, const struct pg_rows *rows, const struct err *err) {
  struct postgres_script *script = self;
  (void)rows;
  script->encoding[0] = '\0';
  if (err)
    end(script, err);
  else
    proceed(script);
}

static void on_not_converting(void *self, const struct pg_rows *rows, const struct err *err) {
  struct postgres_script *script = self;
  const char *encoding = !err && rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  struct err odd;
  err_set(&odd, ERR_PROTOCOL, "the encoding of the database is not known");
  if (encoding)
    snprintf(script->encoding, sizeof script->encoding, "%s", encoding);
  if (encoding)
    again(script);
  else
    end(script, err ? err : &odd);
}

static bool cannot_be_sent(const struct postgres_script *script, const struct err *err) {
  const struct postgres_question *question = script->questions[script->at];
  return err && script->sample && !question->simple && !question->effect && !*script->encoding &&
         postgres_utf8_failed(postgres_link_sqlstate(script->link));
}

static void on_answer(void *self, const struct pg_rows *rows, const struct err *err) {
  struct postgres_script *script = self;
  const struct postgres_question *question = script->questions[script->at];
  struct err odd;
  if (err && !postgres_link_stands(script->link)) {
    lost(script, err);
    return;
  }
  if (cannot_be_sent(script, err)) {
    postgres_link_ask(script->link,
                      "SET client_encoding = 'SQL_ASCII'; SELECT getdatabaseencoding()", 0, NULL,
                      on_not_converting);
    return;
  }
  if (rows && rows->rows > 0 && question->columns > 0 && rows->columns != question->columns) {
    err_set(&odd, ERR_PROTOCOL, "an answer of %zu columns instead of %zu", rows->columns,
            question->columns);
    rows = NULL;
    err = &odd;
  }
  script->again_ms = 0;
  if (!take(script, rows, err))
    end(script, script->err.kind ? &script->err : NULL);
  else if (script->again_ms > 0)
    postgres_link_wait(script->link, script->again_ms, again);
  else if (*script->encoding)
    postgres_link_ask(script->link, "SET client_encoding = 'UTF8'", 0, NULL, on_converting);
  else
    proceed(script);
}

/* Without a conversion a value would be read as the database's own encoding, and mean another name.
 */
static bool values_can_be_sent(struct postgres_script *script) {
  bool same = !*script->encoding || strcmp(script->encoding, "UTF8") == 0 ||
              strcmp(script->encoding, "SQL_ASCII") == 0;
  for (size_t i = 0; !same && i < script->value_count; i++)
    for (const char *at = script->values[i]; at && *at; at++)
      if ((unsigned char)*at >= 0x80)
        return err_set(&script->err, ERR_INVALID,
                       "names there have no place in UTF-8, and \"%.100s\" can be looked for in "
                       "UTF-8 only",
                       script->values[i]);
  return true;
}

/* False when the question is not to be asked, or the script has ended. */
static bool ask(struct postgres_script *script, bool *ended) {
  const struct postgres_question *question = script->questions[script->at];
  script->value_count = 0;
  const char *sql = question->ask(script);
  if (sql && !values_can_be_sent(script))
    sql = NULL;
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

bool postgres_script_is_broken(const struct postgres_script *script, size_t row, size_t column) {
  const struct postgres_utf8 *utf8 = script->utf8;
  return utf8 && utf8->broken && utf8->broken[row * utf8->rows.columns + column];
}

bool postgres_script_named(struct postgres_script *script, const struct pg_rows *rows,
                           size_t column) {
  return !postgres_script_is_broken(script, 0, column) ||
         err_set(&script->err, ERR_INVALID, "%.150s cannot be acted on: %s",
                 pg_cell(rows, 0, column), postgres_no_name);
}

const char *postgres_script_key(struct postgres_script *script, const struct pg_rows *rows,
                                size_t row, size_t name, size_t oid) {
  const char *text = pg_cell(rows, row, name);
  return postgres_script_is_broken(script, row, name)
             ? sample_printf(script->sample, "%s (oid %s)", text, pg_cell(rows, row, oid))
             : text;
}

void postgres_script_value(struct postgres_script *script, const char *value) {
  assert(script->value_count < POSTGRES_SCRIPT_VALUES_MAX);
  script->values[script->value_count++] = value;
}
