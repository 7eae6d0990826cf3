/* A step that is a row of questions, one after the other, on a link of its own: all surveys of
 * PostgreSQL's maintenance, and what is executed in a few statements. */
#pragma once

#include "actions/action.h"
#include "actions/postgres/postgres_found.h"
#include "actions/postgres/postgres_link.h"
#include "actions/postgres/postgres_utf8.h"

struct postgres_script;

enum { POSTGRES_SCRIPT_VALUES_MAX = 8, POSTGRES_SURVEY_MS = 20000, POSTGRES_SCRIPT_MS = 20000 };

struct postgres_question {
  /* The statement, with the values that it wants set in the script; borrowed until the answer.
   * NULL: not to be asked, or, with the script's err set, that it ends with it. */
  const char *(*ask)(struct postgres_script *script);
  /* Takes the answer. err: it failed, though the link stands. False: the script ends, with its err
   * where that is set. */
  bool (*take)(struct postgres_script *script, const struct pg_rows *rows, const struct err *err);
  size_t columns; /* of the answer: one with another number is none; 0: no matter */
  bool effect;    /* it changes something: without an answer, its outcome is unknown */
  bool simple;    /* goes by the simple protocol, without values */
  /* Of a survey: take looks for names that are no UTF-8 (postgres_script_is_broken). Else an answer
   * with such a text ends the script. */
  bool broken;
};

struct postgres_script {
  struct act *act;
  struct postgres_link *link;
  struct sample *sample; /* of a survey: handed over at the end; else NULL */
  const struct postgres_question *const *questions;
  size_t count, at;
  const char *values[POSTGRES_SCRIPT_VALUES_MAX];
  size_t value_count;
  const char *own; /* what an answer leaves for the next question */
  struct err err;
  int64_t since_ms; /* when the question was first asked */
  int64_t again_ms; /* set by take: ask the same again after so long; 0: go on */
  char encoding[POSTGRES_ENCODING_MAX]; /* of the texts that come; "": they are UTF-8 */
  const struct postgres_utf8 *utf8;     /* of the answer that is being taken; NULL: of no survey */
};

/* tables: of a survey; NULL and 0 for execute and verify. */
void postgres_script_start(struct act *act, const struct table_spec *const *tables,
                           size_t table_count, const struct postgres_question *const *questions,
                           size_t count);
/* By postgres_link_open_urgent. */
void postgres_script_start_urgent(struct act *act, const struct table_spec *const *tables,
                                  size_t table_count,
                                  const struct postgres_question *const *questions, size_t count);
void postgres_script_drop(struct act *act);

/* Whether there is an answer; else the script's err is the question's. */
bool postgres_script_must(struct postgres_script *script, const struct err *err);
/* The same for an effect: the first victim is refused, with the server's words. */
bool postgres_script_allowed(struct postgres_script *script, const struct err *err);
/* In take: whether that cell is not what the server has, with U+FFFD for what is no UTF-8. What is
 * called so is never acted on. */
bool postgres_script_is_broken(const struct postgres_script *script, size_t row, size_t column);
/* The same of the name of the only row: the script's err says that it cannot be acted on. */
bool postgres_script_named(struct postgres_script *script, const struct pg_rows *rows,
                           size_t column);
/* A key for the name in that cell: itself, or, where it is broken and may be that of several, with
 * the oid in another cell. In the sample's arena or the answer's. */
const char *postgres_script_key(struct postgres_script *script, const struct pg_rows *rows,
                                size_t row, size_t name, size_t oid);
/* A value of the next question. */
void postgres_script_value(struct postgres_script *script, const char *value);
