/* The table of keys as a list to print: `stacktop keys`, and what is made from it. */
#pragma once

#include "ui/view/keys/keymap.h"

#include <stdbool.h>

enum { KEY_PLACES_MAX = 16, KEY_ROWS_MAX = 256 };

struct key_row {
  const char *name; /* NULL: a key of a dialog, which has no name and cannot be changed */
  struct keymap_keys keys, by_default;
  const char *places[KEY_PLACES_MAX + 1]; /* "panes", "logs"; ends with NULL */
  const char *help;
  bool fixed; /* its keys cannot be changed */
};

/* All rows, those of the dialogs last; rows of one name that do the same are one. Returns their
 * number. */
size_t key_rows(const struct keymap *map, struct key_row rows[KEY_ROWS_MAX]);
