/* Runs a command of stacktop once for each of several environments, at the same time, each in a
 * process of its own: `stacktop __part COMMAND ... -c FILE`. What one does to the other is nothing.
 * The processes die with this one. */
#pragma once

#include "app/environments/environment_find.h"

#define PART_ARGUMENT "__part"
/* Whether this process was started as such, and then. */
bool part_wanted(int argc, char *const *argv);
void part_begin(void);

enum { PART_WORDS_MAX = 24, PART_SAID_MAX = 512 };

struct part_output {
  bool wanted;
  int status; /* its exit status; -1: it has none */
  char *text; /* standard output; "" at least */
  size_t len;
  char *errors;             /* standard error; "" at least */
  char said[PART_SAID_MAX]; /* its first line, sanitised, or why it has no status */
};

/* words: the command and its options, ends with NULL. Only those that are wanted run. False with
 * err if none can be run. A signal that ends stacktop ends it from here. */
bool parts_run(const struct environment_files *files, const char *const *words,
               struct part_output *outputs, struct err *err) MUST_CHECK;
void parts_fini(struct part_output *outputs, size_t count);
