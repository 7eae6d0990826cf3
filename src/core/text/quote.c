#include "core/text/quote.h"

#include <stdbool.h>
#include <string.h>

/* Letters, digits, bytes beyond ASCII, and characters without a meaning to a shell within a
 * word. */
static bool is_plain(char c) {
  unsigned char byte = (unsigned char)c;
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z') || (c && strchr("_-./:,@%+=", c));
}

static bool needs_quotes(const char *word) {
  for (const char *at = word; *at; at++)
    if (!is_plain(*at))
      return true;
  return !*word;
}

static void put(char *out, size_t size, size_t *used, const char *piece, size_t length) {
  for (size_t i = 0; i < length && *used + 1 < size; i++)
    out[(*used)++] = piece[i];
}

const char *quote_word(char *out, size_t size, const char *word) {
  size_t used = 0;
  bool quotes = needs_quotes(word);
  if (quotes)
    put(out, size, &used, "'", 1);
  for (const char *at = word; *at; at++) {
    if (*at == '\'')
      put(out, size, &used, "'\\''", 4);
    else
      put(out, size, &used, at, 1);
  }
  if (quotes)
    put(out, size, &used, "'", 1);
  out[used] = '\0';
  return out;
}
