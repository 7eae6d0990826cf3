/* A list of names for an error, which says so if it is cut: "a, b, c and 12 more: see ...". */
#pragma once

#include <stddef.h>

enum { NAMES_TEXT_MAX = 200 };

/* Zeroed at first. */
struct names {
  char text[NAMES_TEXT_MAX];
  size_t used;
  size_t cut; /* that did not fit */
};

void names_add(struct names *names, const char *name);
/* The list; with `see` ("`stacktop config --default`"), where all of them are, if it was cut. No
 * name is to be added afterwards. */
const char *names_end(struct names *names, const char *see);
