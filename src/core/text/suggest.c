#include "core/text/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NAME_LENGTH_MAX = 48 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

static bool same(char a, char b) {
  return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment distance, with three rows of the usual matrix. */
size_t suggest_distance(const char *a, const char *b) {
  size_t a_length = strlen(a), b_length = strlen(b);
  if (a_length > NAME_LENGTH_MAX || b_length > NAME_LENGTH_MAX)
    return SIZE_MAX;
  size_t rows[3][NAME_LENGTH_MAX + 1];
  for (size_t j = 0; j <= b_length; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= a_length; i++) {
    size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      size_t cost = same(a[i - 1], b[j - 1]) ? 0 : 1;
      now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        now[j] = least(now[j], before[j - 2] + 1);
    }
  }
  return rows[a_length % 3][b_length];
}

/* A third of the letters may be wrong; more is a different word. A prefix counts as close. */
static bool is_near(const char *wrong, const char *known, size_t distance) {
  size_t length = strlen(known);
  if (distance <= (length < 6 ? 1 : length / 3))
    return true;
  return strlen(wrong) >= 3 && strncmp(known, wrong, strlen(wrong)) == 0;
}

void suggest_consider(struct suggestion *suggestion, const char *wrong, const char *known) {
  size_t distance = suggest_distance(wrong, known);
  if (!is_near(wrong, known, distance) || (suggestion->best && distance >= suggestion->distance))
    return;
  suggestion->best = known;
  suggestion->distance = distance;
}

const char *suggest_text(struct suggestion *suggestion) {
  if (suggestion->best)
    snprintf(suggestion->text, sizeof suggestion->text, "; did you mean \"%s\"?", suggestion->best);
  return suggestion->text;
}
