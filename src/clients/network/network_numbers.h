/* Numbers in a line of /proc. Pure. */
#pragma once

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Reads that many numbers, separated by blanks, tabs or colons. Returns where they end; NULL if
 * there are fewer. */
static inline const char *network_numbers(const char *at, int base, uint64_t *out, size_t count) {
  for (size_t i = 0; at && i < count; i++) {
    char *end;
    while (*at == ' ' || *at == '\t' || *at == ':')
      at++;
    if (!isxdigit((unsigned char)*at))
      return NULL;
    out[i] = strtoull(at, &end, base);
    at = end > at ? end : NULL;
  }
  return at;
}
