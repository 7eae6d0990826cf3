/* Results of a survey: answers of the server as rows of the survey's tables. */
#pragma once

#include "actions/postgres/postgres_conn.h"

/* A table_spec of an array of columns. */
#define POSTGRES_TABLE_SPEC(name, heading, cols)         \
  {                                                      \
    .id = (name), .title = (heading), .columns = (cols), \
    .column_count = sizeof(cols) / sizeof *(cols)        \
  }

/* ---- for surveys */

/* A cell of an answer as a value: NULL becomes none with that reason (may be NULL). */
struct value postgres_text(struct sample *sample, const char *cell, const char *reason);
struct value postgres_int(const char *cell, const char *reason);
/* A new row of a table whose first columns are those of the answer, in their order: columns with a
 * unit have numbers, all others text; where the answer has NULL, the reason is the column's `none`.
 * NULL when the sample is full. */
struct row *postgres_row(struct sample *sample, struct table *table, const char *key,
                         const char *parent, const struct pg_rows *rows, size_t at) MUST_CHECK;
/* The same in the survey's first table, from an answer whose first column is the name. A row whose
 * name, or text in column `also`, is not valid UTF-8 is shown and never picked. */
struct row *postgres_row_named(struct postgres_conn *conn, const char *parent,
                               const struct pg_rows *rows, size_t at, size_t also) MUST_CHECK;
/* The only row of the survey's first table; its first cell is its key. NULL with step->err when
 * there is no room. */
struct row *postgres_row_only(struct step *step, const struct pg_rows *rows);
/* Whether exactly one table has that name (POSTGRES_TABLE_CALLED); the first cell of each row is
 * its quoted name. Otherwise step->err says what to type. */
bool postgres_resolved(struct step *step, const struct pg_rows *rows, const char *typed);
/* Says that an answer has more rows than the limit, or than the sample has room for. */
void postgres_found_cut(struct sample *sample, const struct pg_rows *rows, size_t max);

/* ---- for plans */

/* By the column's id, from a row of a survey's table, or of the model: a page's table of the same
 * id may lack a column, and then it is none. */
struct value postgres_found(const struct table *table, const struct row *row, const char *column);
const char *postgres_found_text(const struct table *table, const struct row *row,
                                const char *column); /* "" if it is none */
int64_t postgres_found_int(const struct table *table, const struct row *row,
                           const char *column); /* 0 if it is none */
/* The only row of the survey's first table; NULL if there is none. */
const struct row *postgres_found_row(const struct action_request *request);
/* Its text in that column; NULL if it is none. */
const char *postgres_only_text(const struct action_request *request, const char *column);
