/* The log of a container as an engine sends it. Pure.
 *
 * With timestamps each line begins with its time; the rest is what the container wrote. Without a
 * terminal of its own (TTY) a container's two outputs come in frames; each begins with its output
 * and its length. A long line comes as several frames, each with a time before it. */
#pragma once

#include "clients/docker/docker_frames.h"

enum {
  DOCKER_LINE_MAX = 64 << 10, /* bytes kept of a line */
  DOCKER_STAMP_MAX = 40,      /* "2026-11-27T10:00:00.123456789Z" */
};

struct docker_line {
  enum docker_output output;
  char stamp[DOCKER_STAMP_MAX]; /* of its first part; "": it has none */
  const char *text;             /* without newline; not terminated; borrowed */
  size_t len;
  uint64_t cut; /* bytes that were not kept */
};

struct docker_lines; /* what was read of a log */

struct docker_lines *docker_lines_new(void (*line)(void *arg, const struct docker_line *line),
                                      void *arg);
void docker_lines_free(struct docker_lines *lines);
/* The next bytes of the answer, in pieces of any size. */
void docker_lines_feed(struct docker_lines *lines, const char *bytes, size_t len);
/* The answer has ended: a line without an end is one too. Can be fed another answer then. */
void docker_lines_end(struct docker_lines *lines);
