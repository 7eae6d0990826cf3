/* A program that is run for its effect and its output: argv, never a shell.
 *
 * It has no standard input, and its output and errors come together in one text. It runs in a
 * session of its own, without a terminal. It has ended when its process has, even where what it
 * started lives on: a daemon keeps running, and is not waited for. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <stddef.h>
#include <stdint.h>

enum { CHILD_OUTPUT_MAX = 64 << 10, CHILD_GRACE_MS = 1000 };

struct child_query {
  char *const *argv; /* ends with NULL; argv[0] is looked for in PATH; borrowed for the call */
  int64_t timeout_ms;
};

struct child_result {
  int exit_code;      /* 0..255; -1: a signal ended it */
  int signal;         /* that signal; 0: none did */
  const char *output; /* terminated; may hold NUL bytes; borrowed for the callback */
  size_t output_len;
  bool output_cut; /* only the last CHILD_OUTPUT_MAX bytes were kept */
  int64_t took_us;
};

typedef void (*child_cb)(void *arg, const struct child_result *result, const struct err *err);

struct child; /* one that runs */

/* The callback comes once, on the loop's thread, never before this returns: with a result, or with
 * an error: ERR_INVALID, it could not be started ("sandbox/ctl: no such file or directory");
 * ERR_TIMEOUT, it did not end in time, and it and what it started in its session are being killed;
 * ERR_LIMIT. */
struct child *child_start(struct io *io, const struct child_query *query, child_cb done, void *arg);
/* Ends it: SIGTERM, and SIGKILL after CHILD_GRACE_MS. No callback will come. */
void child_cancel(struct child *child);
