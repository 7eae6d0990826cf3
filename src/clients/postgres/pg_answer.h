/* Collects an answer row by row, with limits. */
#pragma once

#include "clients/postgres/pg_rows.h"
#include "core/arena.h"
#include "core/err.h"

#include <libpq-fe.h>

struct pg_answer {
  struct arena arena; /* the texts */
  const char **cells;
  const char **names;
  char tag[PG_TAG_MAX];
  size_t rows, columns, capacity; /* of rows */
  struct err err;                 /* the first error; ERR_NONE if there is none */
  char sqlstate[6];               /* its SQLSTATE, "" if it is not an error of the server */
};

void pg_answer_init(struct pg_answer *answer);
void pg_answer_fini(struct pg_answer *answer);
/* Adds one result of a query. False if the connection must be dropped: beyond a limit, or not an
 * answer to a query. */
bool pg_answer_add(struct pg_answer *answer, const PGresult *result) MUST_CHECK;
