#include "actions/shown.h"

#include "core/text/format.h"
#include "core/text/quote.h"

#include <inttypes.h>
#include <string.h>

static const char *keep(struct arena *arena, const char *text) {
  return arena_text(arena, text, strlen(text));
}

const char *shown_count(struct arena *arena, int64_t count) {
  char text[FORMAT_MAX];
  return keep(arena, format_count(text, sizeof text, count));
}

const char *shown_counted(struct arena *arena, int64_t count, const char *one, const char *many) {
  char text[2 * FORMAT_MAX];
  return keep(arena, format_counted(text, sizeof text, count, one, many));
}

const char *shown_bytes(struct arena *arena, int64_t bytes) {
  char text[FORMAT_MAX];
  return keep(arena, format_bytes(text, sizeof text, (double)bytes));
}

const char *shown_duration(struct arena *arena, int64_t ms) {
  char text[FORMAT_MAX];
  return keep(arena, format_duration(text, sizeof text, (double)ms / 1000));
}

const char *shown_number(struct arena *arena, int64_t number) {
  return arena_printf(arena, "%" PRId64, number);
}

const char *shown_value(struct arena *arena, struct value value, enum unit unit) {
  char text[1024];
  return keep(arena, format_value(text, sizeof text, value, unit, false));
}

const char *shown_word(struct arena *arena, const char *word) {
  const size_t size = 4 * strlen(word) + 3;
  char *out = arena_alloc(arena, size);
  return out ? quote_word(out, size, word) : "";
}
