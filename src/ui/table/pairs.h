/* A summary's values as "title value" pairs in flowing lines. */
#pragma once

#include "ui/table/columns.h"

enum pairs_choice {
  PAIRS_HEADLINE, /* the columns of the border */
  PAIRS_REST,     /* all others except the details */
};

struct pair {
  size_t column;
  int line, x;
  int title_width, value_width;
  int extra; /* cells of a bar or sparkline behind the value; in the border a bar stands before
                its value */
};

struct pairs {
  struct pair items[COLUMNS_MAX];
  size_t count;
  enum pairs_choice choice;
  int lines;
  int width; /* of the longest line */
};

/* As many as fit in `lines` lines of `width` cells, by priority; bars and sparklines where there is
 * room for all of them. Hysteresis (see ui/table/columns.h) keeps changing values in place. */
void pairs_fit(const struct columns_memory *memory, const struct table_spec *spec,
               enum pairs_choice choice, int width, int lines, struct pairs *pairs);
