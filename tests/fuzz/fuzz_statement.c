/* Exercises the masking of SQL statements, on any text and on each of its prefixes.
 * Holds: a masked text is unchanged when it is masked again, so nothing in it reads as a literal or
 * a comment any more; the content of a literal after it is never in the result, wherever the text
 * is cut. */
#include "fuzz.h"

#include "clients/postgres/statement.h"

#include <stdio.h>

static char *masked(const char *text) {
  size_t size = 8 * strlen(text) + 16;
  char *out = malloc(size);
  assert(out);
  size_t used = statement_without_literals(out, size, text);
  assert(used == strlen(out) && used < size);
  return out;
}

static void check_twice(const char *text) {
  char *once = masked(text), *twice = masked(once);
  assert(strcmp(once, twice) == 0);
  free(once);
  free(twice);
}

/* The marker is in a literal of a statement of its own, whatever complete text came before it. */
static void check_marker(uint8_t kind) {
  static const char *const forms[] = {
      "SELECT '%s'",  "SELECT E'\\'%s'",          "SELECT $q$'%s$q$",
      "SELECT '''%s", "ALTER ROLE a PASSWORD %s", "/* '%s */",
      "-- %s"};
  char text[128], out[512];
  size_t length = (size_t)snprintf(text, sizeof text, forms[kind % 7], "zqzqzq");
  for (; length > 0; length--) {
    text[length] = '\0';
    statement_without_literals(out, sizeof out, text);
    assert(!strstr(out, "zq"));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  uint8_t kind = fuzz_byte(&input);
  char *text = malloc(input.size + 1);
  assert(text);
  size_t length = 0;
  for (size_t i = 0; i < input.size; i++)
    if (input.data[i])
      text[length++] = (char)input.data[i];
  text[length] = '\0';
  check_twice(text);
  for (size_t cut = length; cut > 0 && length < 128; cut--) {
    text[cut] = '\0';
    check_twice(text);
  }
  char small[64];
  for (size_t room = 1; room <= sizeof small; room++)
    assert(statement_for_screen(small, room, text) < room);
  check_marker(kind);
  free(text);
  return 0;
}
