#include "core/text/names.h"

#include <stdio.h>
#include <string.h>

/* For " and 1000 more: see " and where. */
enum { RESERVE = 70 };

void names_add(struct names *names, const char *name) {
  const size_t len = strlen(name);
  if (names->cut > 0 || names->used + len + 2 > sizeof names->text - RESERVE) {
    names->cut++;
    return;
  }
  names->used += (size_t)snprintf(names->text + names->used, sizeof names->text - names->used,
                                  "%s%s", names->used > 0 ? ", " : "", name);
}

const char *names_end(struct names *names, const char *see) {
  if (names->cut > 0)
    snprintf(names->text + names->used, sizeof names->text - names->used, " and %zu more: see %s",
             names->cut, see);
  return names->text;
}
