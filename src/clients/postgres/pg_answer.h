/* An answer as it comes in, row by row, with ceilings. */
#pragma once

#include "core/arena.h"
#include "core/err.h"

#include <libpq-fe.h>

struct pg_answer {
  struct arena arena; /* the texts */
  const char **cells;
  size_t rows, columns, capacity; /* of rows */
  struct err err;                 /* the first error; ERR_NONE if there is none */
  char sqlstate[6];               /* of it, "" where it is not the server's */
};

void pg_answer_init(struct pg_answer *answer);
void pg_answer_fini(struct pg_answer *answer);
/* Takes in one of a query's results. False when the connection must be given up: beyond a ceiling,
 * or what is no answer to a query. */
bool pg_answer_add(struct pg_answer *answer, const PGresult *result) MUST_CHECK;
