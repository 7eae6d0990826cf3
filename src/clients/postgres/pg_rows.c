#include "clients/postgres/pg_rows.h"

#include <string.h>

bool pg_rows_copy(struct arena *arena, const struct pg_rows *rows, struct pg_rows *copy) {
  const size_t count = rows->rows * rows->columns;
  const char **cells = arena_alloc(arena, (count + 1) * sizeof *cells);
  const char **names = arena_alloc(arena, (rows->columns + 1) * sizeof *names);
  for (size_t i = 0; cells && i < count; i++)
    cells[i] = rows->cells[i] ? arena_text(arena, rows->cells[i], strlen(rows->cells[i])) : NULL;
  for (size_t i = 0; names && rows->names && i < rows->columns; i++)
    names[i] = arena_printf(arena, "%s", rows->names[i]);
  *copy = (struct pg_rows){rows->rows, rows->columns, cells, rows->names ? names : NULL,
                           arena_printf(arena, "%s", rows->tag ? rows->tag : "")};
  return !arena->exhausted;
}
