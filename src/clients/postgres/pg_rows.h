/* An answer of PostgreSQL. */
#pragma once

#include "core/arena.h"

#include <stddef.h>

/* Limits of one answer; beyond them the query fails with ERR_LIMIT and the connection is
 * dropped. */
enum { PG_ROWS_MAX = 10000, PG_BYTES_MAX = 8 << 20 };

/* An answer. The texts are those of the server, in UTF-8 if it could convert them. */
struct pg_rows {
  size_t rows, columns;
  const char *const *cells; /* row by row; NULL is SQL's NULL */
  const char *const *names; /* of the columns; NULL: without rows */
  const char *tag;          /* of the command: "SELECT 5"; "" if there is none */
};

enum { PG_TAG_MAX = 64 };

static inline const char *pg_cell(const struct pg_rows *rows, size_t row, size_t column) {
  return rows->cells[row * rows->columns + column];
}

/* A copy that lives as long as the arena. False when it does not fit. */
bool pg_rows_copy(struct arena *arena, const struct pg_rows *rows, struct pg_rows *copy);
