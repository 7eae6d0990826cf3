#include "clients/postgres/pg_answer.h"

#include "clients/postgres/pg_error.h"
#include "clients/postgres/pg_rows.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pg_answer_init(struct pg_answer *answer) {
  *answer = (struct pg_answer){0};
  arena_init(&answer->arena, PG_BYTES_MAX);
}

void pg_answer_fini(struct pg_answer *answer) {
  arena_fini(&answer->arena);
  free(answer->cells);
}

static bool add_row(struct pg_answer *answer, const PGresult *result, int row) {
  if (answer->rows == PG_ROWS_MAX)
    return err_set(&answer->err, ERR_LIMIT, "the answer has more than %d rows", PG_ROWS_MAX);
  if (answer->rows == answer->capacity) {
    answer->capacity = answer->capacity ? answer->capacity * 2 : 16;
    answer->cells =
        mem_resize(answer->cells, answer->capacity * answer->columns * sizeof(const char *));
  }
  const char **cells = answer->cells + answer->rows * answer->columns;
  for (size_t i = 0; i < answer->columns; i++) {
    int column = (int)i;
    cells[i] = PQgetisnull(result, row, column)
                   ? NULL
                   : arena_text(&answer->arena, PQgetvalue(result, row, column),
                                (size_t)PQgetlength(result, row, column));
  }
  if (answer->arena.exhausted)
    return err_set(&answer->err, ERR_LIMIT, "the answer is larger than %d MiB", PG_BYTES_MAX >> 20);
  answer->rows++;
  return true;
}

static bool add_rows(struct pg_answer *answer, const PGresult *result) {
  size_t columns = (size_t)PQnfields(result);
  if (answer->rows > 0 && columns != answer->columns)
    return err_set(&answer->err, ERR_PROTOCOL, "the answer has rows of different types");
  if (columns != answer->columns) { /* no rows yet, but memory was allocated for them */
    answer->columns = columns;
    answer->capacity = 0;
    answer->names = arena_alloc(&answer->arena, (columns + 1) * sizeof *answer->names);
    for (size_t i = 0; answer->names && i < columns; i++)
      answer->names[i] = arena_printf(&answer->arena, "%s", PQfname(result, (int)i));
  }
  for (int row = 0; row < PQntuples(result); row++)
    if (!add_row(answer, result, row))
      return false;
  return true;
}

/* For a missing permission the detail names it (since 16 only there). */
static void read_error(const PGresult *result, const char *sqlstate, struct err *err) {
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  char text[512];
  if (detail && strcmp(sqlstate, "42501") == 0) {
    snprintf(text, sizeof text, "%s: %s", message, detail);
    message = text;
  }
  pg_error_server(sqlstate, message, err);
}

bool pg_answer_add(struct pg_answer *answer, const PGresult *result) {
  const char *sqlstate, *tag = PQcmdStatus((PGresult *)result); /* it only reads */
  if (tag && *tag)
    snprintf(answer->tag, sizeof answer->tag, "%s", tag);
  switch (PQresultStatus(result)) {
  case PGRES_COMMAND_OK:
  case PGRES_EMPTY_QUERY:
    return true;
  case PGRES_TUPLES_OK: /* also the end of single tuples, without a row */
  case PGRES_SINGLE_TUPLE:
    return add_rows(answer, result);
  case PGRES_FATAL_ERROR:
    sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (answer->err.kind != ERR_NONE)
      return true;
    if (sqlstate)
      snprintf(answer->sqlstate, sizeof answer->sqlstate, "%s", sqlstate);
    if (sqlstate)
      read_error(result, sqlstate, &answer->err);
    else
      pg_error_connect(PQresultErrorMessage(result), &answer->err);
    return true;
  default:
    return err_set(&answer->err, ERR_PROTOCOL, "unexpected answer from the server: %s",
                   PQresStatus(PQresultStatus(result)));
  }
}
