/* A program that is run for its effect and its output: argv, never a shell.
 *
 * Without `input` it has no standard input. Its output and errors come together in one text, or,
 * with `split`, as two streams. It runs in a session of its own, without a terminal. It has ended
 * when its process has, even where what it started lives on: a daemon keeps running, and is not
 * waited for. At the deadline or when it is cancelled, everything in its process group ends with
 * it. */
#pragma once

#include "core/err.h"
#include "core/text/excerpt.h"
#include "io/io.h"

#include <stddef.h>
#include <stdint.h>

enum { CHILD_OUTPUT_MAX = 64 << 10, CHILD_GRACE_MS = 1000, CHILD_CANCEL_MS = 200 };

enum child_stream { CHILD_STDOUT, CHILD_STDERR, CHILD_STREAMS };

/* All borrowed for the call. */
struct child_query {
  char *const *argv;        /* ends with NULL; argv[0] is looked for in PATH */
  char *const *environment; /* "NAME=VALUE", ends with NULL; NULL: stacktop's own */
  const char *input;        /* its standard input; NULL: none */
  size_t input_len;
  bool split;                /* standard output and standard error are kept apart */
  size_t head_max, tail_max; /* split: what is kept of each */
  int64_t timeout_ms;
};

struct child_result {
  int exit_code;      /* 0..255; -1: a signal ended it */
  int signal;         /* that signal; 0: none did */
  const char *output; /* terminated; may hold NUL bytes; borrowed for the callback */
  size_t output_len;
  bool output_cut;               /* only the last CHILD_OUTPUT_MAX bytes were kept */
  const struct excerpt *streams; /* split: CHILD_STREAMS of them, borrowed; `output` is "" then */
  int64_t took_us;
};

typedef void (*child_cb)(void *arg, const struct child_result *result, const struct err *err);

struct child; /* one that runs */

/* The callback comes once, on the loop's thread, never before this returns: with a result, or with
 * an error: ERR_INVALID, it could not be started ("sandbox/ctl: no such file or directory");
 * ERR_TIMEOUT, it did not end in time: it and its process group were sent SIGTERM, and SIGKILL
 * after CHILD_GRACE_MS, and have ended (the result then has what it wrote; otherwise it is NULL);
 * ERR_LIMIT. */
struct child *child_start(struct io *io, const struct child_query *query, child_cb done, void *arg);
/* Ends it before its time, as its deadline does. */
void child_stop(struct child *child);
/* The same, but no callback will come, and SIGKILL after CHILD_CANCEL_MS: stacktop may be about to
 * exit. */
void child_cancel(struct child *child);
