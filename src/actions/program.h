/* A program that a step runs (io/child.h). */
#pragma once

#include "actions/step.h"
#include "core/text/mask.h"

#include <stddef.h>

enum { PROGRAM_LINE_MAX = 200 };

struct program {
  char *const *argv;
  char *const *environment; /* as child_query's */
  const char *input;        /* NULL: none */
  int64_t timeout_ms;
  bool change; /* it counts as unanswered until it has ended */
  bool keep;   /* its output becomes that of the outcome, with the secrets of mask hidden */
  const struct mask *mask;
  bool read; /* the beginning of its standard output is wanted */
};

struct program_end {
  int exit_code; /* -1: a signal ended it */
  int signal;
  char line[PROGRAM_LINE_MAX]; /* the last line of its output that is not empty; "" */
  int64_t took_us;
  const char *output; /* of a program with `read`: in the step's arena, up to a NUL byte; "" */
};

/* False with step->err when it could not be run to its end: it did not start (ERR_INVALID), was
 * killed at its deadline, or a person cancelled it (ERR_TIMEOUT). What it has printed until then is
 * kept all the same. */
bool program_run(struct step *step, const struct program *program, struct program_end *end);
/* "ended with exit code 3 after 1.2s: no such unit". In the step's arena. */
const char *program_end_text(struct step *step, const struct program_end *end);
