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

/* Where a reader of a log is. It asks again from the last time on, and the lines of that time come
 * once more: more than one where times are whole seconds, as Podman's are. */
struct docker_place {
  char last[DOCKER_STAMP_MAX];  /* the latest time; "": no line had one */
  size_t last_lines;            /* that were read of it */
  char again[DOCKER_STAMP_MAX]; /* where the present answer begins */
  size_t again_lines;           /* of that time that are yet to come once more */
};

/* The log is asked for, from place->last on. */
void docker_place_ask(struct docker_place *place);
/* Whether a line with that time is new. */
bool docker_place_take(struct docker_place *place, const char *stamp);
