#include "actions/postgres/postgres_resolve.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 32, TEXT_MAX = 2000 };

bool postgres_resolved(struct step *step, const struct pg_rows *rows, const char *typed) {
  if (rows->rows == 1)
    return true;
  if (rows->rows == 0)
    return step_fail(step, ERR_INVALID, "the database has no table \"%.150s\"", typed);
  return step_fail(step, ERR_INVALID, "\"%.60s\" is ambiguous: %.60s or %.60s; use the full name",
                   typed, pg_cell(rows, 0, 0), pg_cell(rows, 1, 0));
}

/* One name from *at on; appended to out as an element of an array. False when it is odd. */
static bool take_name(const char **at, char *out, size_t *used) {
  const char *text = *at + strspn(*at, " \t");
  bool quoted = *text == '"';
  size_t length = 0, last = 0;
  out[(*used)++] = '"';
  for (text += quoted; *text; text++) {
    if (quoted && *text == '"' && text[1] != '"')
      break;
    if (!quoted && *text == ',')
      break;
    if (quoted && *text == '"')
      text++; /* doubled in it */
    if (*text == '"' || *text == '\\')
      out[(*used)++] = '\\';
    out[(*used)++] = *text;
    length++;
    if (quoted || (*text != ' ' && *text != '\t'))
      last = *used;
  }
  if (length == 0 || last == 0)
    return false;
  *used = last; /* without the blanks behind it */
  out[(*used)++] = '"';
  if (quoted && *text != '"')
    return false;
  text += quoted;
  text += strspn(text, " \t");
  *at = text;
  return *text == '\0' || *text == ',';
}

const char *postgres_name_array(struct step *step, const char *text) {
  if (strlen(text) > TEXT_MAX) {
    step_fail(step, ERR_INVALID, "more than %d bytes of names", TEXT_MAX);
    return NULL;
  }
  char *out = mem_new(2 * strlen(text) + 4 * NAMES_MAX + 8);
  size_t used = 0, count = 0;
  bool good = true;
  const char *at = text;
  out[used++] = '{';
  do {
    if (count > 0) {
      out[used++] = ',';
      at++;
    }
    good = count < NAMES_MAX && take_name(&at, out, &used);
    count++;
  } while (good && *at == ',');
  out[used++] = '}';
  const char *array = good ? arena_text(&step->arena, out, used) : NULL;
  free(out);
  if (!good)
    step_fail(step, ERR_INVALID,
              "\"%.100s\" is not a list of columns; write a, b, and a name with a comma in double "
              "quotes",
              text);
  return array;
}
