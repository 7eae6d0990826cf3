/* A program that runs beside stacktop until it is stopped: argv, never a shell.
 *
 * It has no standard input; its output and its errors are read together, line by line. With a
 * socket, that is its input and its output, and only its errors are read. It runs in a session of
 * its own, without a terminal, and never outlives stacktop: the kernel signals its guard
 * (setpriv --pdeathsig, kept by timeout) when the thread that started it ends, so it is started on
 * the loop's thread. */
#pragma once

#include "core/err.h"
#include "io/io.h"

enum { HELPER_LINE_MAX = 512, HELPER_ARGS_MAX = 16 };

struct helper_query {
  const char *const
      *argv;  /* ends with NULL, at most HELPER_ARGS_MAX; argv[0] is looked for in PATH */
  int socket; /* for the call; 0: none */
  /* A line of its output, without its end; what is longer than HELPER_LINE_MAX is cut. */
  void (*line)(void *arg, const char *text);
  /* It has ended by itself, or could not be started: "exit code 1", "SIGKILL". Once, never before
   * helper_start returns; the handle is not valid afterwards. */
  void (*ended)(void *arg, const struct err *err);
  void *arg;
};

struct helper; /* one that runs */

struct helper *helper_start(struct io *io, const struct helper_query *query);
/* Kills it and its session's group. Calls back only `closed`, when it has been reaped. */
void helper_stop(struct helper *helper, void (*closed)(void *arg), void *arg);

/* Whether the program exists: a path with a slash, or a name in PATH. */
bool helper_check(const char *program, struct err *err) MUST_CHECK;
