/* What the plans of PostgreSQL's maintenance read of a survey, and the words for it. */
#pragma once

#include "actions/action.h"
#include "clients/postgres/pg.h"

/* A table_spec of an array of columns. */
#define POSTGRES_TABLE_SPEC(name, heading, cols)         \
  {                                                      \
    .id = (name), .title = (heading), .columns = (cols), \
    .column_count = sizeof(cols) / sizeof *(cols)        \
  }

/* A cell of an answer as a value: NULL becomes none with that reason (may be NULL). */
struct value postgres_text(struct sample *sample, const char *cell, const char *reason);
struct value postgres_int(const char *cell, const char *reason);
bool postgres_is_true(const char *cell); /* "t" */
/* A new row of a table whose first columns are those of the answer, in their order: columns with
 * a unit have numbers, all others text. NULL when the sample is full. */
struct row *postgres_row(struct sample *sample, struct table *table, const char *key,
                         const char *parent, const struct pg_rows *rows, size_t at) MUST_CHECK;

/* Marks a row of a table with an oid and a problem as one whose name cannot be said: it is shown,
 * and never picked. */
void postgres_row_unnamed(const struct table *table, struct row *row);

/* Of a row of a survey's table, by the column's id. */
struct value postgres_found(const struct table *table, const struct row *row, const char *column);
const char *postgres_found_text(const struct table *table, const struct row *row,
                                const char *column); /* "" if it is none */
int64_t postgres_found_int(const struct table *table, const struct row *row,
                           const char *column); /* 0 if it is none */
/* The only row of the survey's first table; NULL if there is none. */
const struct row *postgres_found_row(const struct action_request *request);

/* The rows of the survey's first table that were picked, each once, in the table's order; of one
 * that has children, all below it that have none. For free(). NULL with err when nothing is picked,
 * or when something is not there. Those whose name cannot be said are left out, and the plan warns
 * of it; when there are no others it is an error. */
const struct row **postgres_picked(const struct action_request *request, struct plan *plan,
                                   size_t *count, struct err *err);

/* "1 table", "12,430 dead rows": in the plan's arena. */
const char *postgres_counted(struct plan *plan, int64_t count, const char *one, const char *many);
const char *postgres_bytes(struct plan *plan, int64_t bytes);
/* A value of the survey as people read it. */
const char *postgres_shown(struct plan *plan, struct value value, enum unit unit);
/* "14m ago", "never". */
const char *postgres_since(struct plan *plan, struct value when, int64_t now_ms);
