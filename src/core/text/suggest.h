/* "did you mean": the known name that is closest to a misspelt one. */
#pragma once

#include <stddef.h>

struct suggestion {
  const char *best; /* NULL if no name is close */
  size_t distance;
  char text[96];
};

/* Letters to insert, delete, replace or swap to get from a to b, case ignored; names longer than 48
 * bytes are far from all (SIZE_MAX). */
size_t suggest_distance(const char *a, const char *b);

void suggest_consider(struct suggestion *suggestion, const char *wrong, const char *known);
/* `; did you mean "address"?`, or "" if no name is close. */
const char *suggest_text(struct suggestion *suggestion);
