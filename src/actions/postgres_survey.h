/* A survey by questions, one after the other, on a link of its own: statements that only read.
 *
 * Also what the plans of this family need to read a survey's rows again. */
#pragma once

#include "actions/action.h"
#include "actions/postgres_link.h"

struct postgres_survey;

enum { POSTGRES_SURVEY_VALUES_MAX = 8, POSTGRES_SURVEY_MS = 20000 };

struct postgres_question {
  /* The statement, with the values that it wants set in the survey; NULL: not to be asked of this
   * server, or, with the survey's err set, that the survey ends with it. */
  const char *(*ask)(struct postgres_survey *survey);
  /* Takes the answer. err: it failed, though the link stands. False: the survey ends with its err
   * (see postgres_survey_must). */
  bool (*take)(struct postgres_survey *survey, const struct pg_rows *rows, const struct err *err);
  size_t columns; /* of the answer: one with another number is none */
};

struct postgres_survey {
  struct act *act;
  struct postgres_link *link;
  struct sample *sample; /* made at the start; handed over at the end */
  const struct postgres_question *const *questions;
  size_t count, at;
  const char *values[POSTGRES_SURVEY_VALUES_MAX];
  size_t value_count;
  struct err err;
};

void postgres_survey_start(struct act *act, const struct table_spec *const *tables,
                           size_t table_count, const struct postgres_question *const *questions,
                           size_t count);
void postgres_survey_drop(struct act *act);

/* Whether there is an answer; else the survey's err is the question's. */
bool postgres_survey_must(struct postgres_survey *survey, const struct err *err);

/* A cell of an answer as a value: NULL becomes none with that reason (may be NULL). */
struct value postgres_text(struct sample *sample, const char *cell, const char *reason);
struct value postgres_int(const char *cell, const char *reason);

/* Of a row of a survey's table, by the column's id. */
struct value postgres_found(const struct table *table, const struct row *row, const char *column);
const char *postgres_found_text(const struct table *table, const struct row *row,
                                const char *column); /* "" if it is none */
int64_t postgres_found_int(const struct table *table, const struct row *row,
                           const char *column); /* 0 if it is none */

/* The rows of the survey's first table that were picked, each once, in the table's order; of one
 * that has children, all below it that have none. For free(). NULL with err when nothing is picked,
 * or when something is not there. */
const struct row **postgres_picked(const struct action_request *request, size_t *count,
                                   struct err *err);

/* "1 table", "12,430 dead rows": in the plan's arena. */
const char *postgres_counted(struct plan *plan, int64_t count, const char *one, const char *many);
const char *postgres_bytes(struct plan *plan, int64_t bytes);
/* A value of the survey as people read it. */
const char *postgres_shown(struct plan *plan, struct value value, enum unit unit);
