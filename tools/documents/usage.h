/* The text of `stacktop COMMAND -h`, in parts. */
#pragma once

#include "app/startup/options.h"

#include <stdbool.h>
#include <stddef.h>

enum usage_kind {
  USAGE_SYNOPSIS,  /* "stacktop show PAGE TARGET" */
  USAGE_ITEM,      /* an option or a word, and what it means */
  USAGE_PARAGRAPH, /* text; `name` is NULL */
};

struct usage_part {
  enum usage_kind kind;
  char *name; /* "-c, --config FILE" */
  char *text; /* on one line; NULL in a synopsis without one */
};

struct usage {
  struct usage_part *parts;
  size_t count;
};

/* MODE_DASHBOARD: of the program. Ends the program if the text has a line of no known form. */
struct usage usage_read(enum mode mode);
void usage_fini(struct usage *usage);

/* What the usage of the mode says about --NAME, in its first clause; "" if no usage says it: that
 * of the program stands in for options of all commands, another command's for --json. */
void usage_option(char *out, size_t size, enum mode mode, const char *name);
