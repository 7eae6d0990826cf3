#include "actions/postgres/postgres_utf8.h"

#include "clients/postgres/pg_text.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

const char postgres_no_name[] = "its name is not valid UTF-8";

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Room for growth: one byte becomes at most three. */
enum { GROWTH = 3, ARENA_MAX = 2 * GROWTH * PG_BYTES_MAX };

bool postgres_utf8_failed(const char *sqlstate) {
  return strcmp(sqlstate, "22021") == 0 || strcmp(sqlstate, "22P05") == 0;
}

static bool has_ascii_alone(const char *cell) {
  while (*cell && (unsigned char)*cell < 0x80)
    cell++;
  return !*cell;
}

static bool has_bytes_of_its_own(const char *encoding) {
  return *encoding && strcmp(encoding, "UTF8") != 0 && strcmp(encoding, "SQL_ASCII") != 0;
}

/* pg_utf8 drops a character that the end cuts off: followed by a newline, it is replaced, so that
 * "ren\351" is not shown as "ren". */
static const char *convert(struct arena *arena, const char *cell, const char *encoding) {
  size_t length = strlen(cell), size = GROWTH * (length + 1) + 1;
  char *with_end = mem_printf("%s\n", cell), *out = mem_new(size);
  size_t used = pg_utf8(with_end, length + 1, encoding, out, size);
  const char *kept = arena_text(arena, out, used > 0 ? used - 1 : 0);
  free(with_end);
  free(out);
  return kept;
}

static const char *convert_cell(struct arena *arena, const char *cell, const char *encoding,
                                bool *broken) {
  *broken = false;
  if (!cell || has_ascii_alone(cell))
    return cell;
  const char *text = convert(arena, cell, encoding);
  *broken =
      has_bytes_of_its_own(encoding) ? strstr(text, replacement) != NULL : strcmp(text, cell) != 0;
  return text;
}

bool postgres_utf8_init(struct postgres_utf8 *utf8, const struct pg_rows *rows,
                        const char *encoding) {
  size_t count = rows->rows * rows->columns;
  *utf8 = (struct postgres_utf8){.rows = *rows};
  arena_init(&utf8->arena, ARENA_MAX);
  bool plain = true;
  for (size_t i = 0; i < count && plain; i++)
    plain = !rows->cells[i] || has_ascii_alone(rows->cells[i]);
  if (plain)
    return true;
  const char **cells = arena_alloc(&utf8->arena, count * sizeof *cells);
  bool *broken = arena_alloc(&utf8->arena, count * sizeof *broken);
  if (!cells || !broken)
    return false;
  for (size_t i = 0; i < count; i++)
    cells[i] = convert_cell(&utf8->arena, rows->cells[i], encoding, &broken[i]);
  utf8->rows.cells = cells;
  utf8->broken = broken;
  return !utf8->arena.exhausted;
}

void postgres_utf8_fini(struct postgres_utf8 *utf8) {
  arena_fini(&utf8->arena);
}
