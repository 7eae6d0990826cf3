/* Memcached's text protocol on a line: commands in, answers by callback. TLS, SASL and the binary
 * protocol are not supported. */
#pragma once

#include "io/net/line.h"

enum { MEMCACHED_PORT = 11211, MEMCACHED_ANSWER_MAX = 64 << 10, MEMCACHED_STATS_MAX = 256 };
enum { MEMCACHED_KEY_MAX = 250, MEMCACHED_COMMAND_MAX = 300 };

/* Lines "STAT name value" as names and values (and MEMCACHED_RUN), and the line that ended them. */
struct memcached_answer {
  const char *last; /* "END", "OK", "VERSION 1.6.18" */
  struct memcached_stat {
    const char *name, *value;
  } stats[MEMCACHED_STATS_MAX]; /* further ones are dropped; a server sends about 80 */
  size_t count;
};
/* Whether the last line is that word, or begins with it and a blank. */
bool memcached_says(const char *last, const char *word);
/* NULL if there is none of that name. */
const char *memcached_stat(const struct memcached_answer *answer, const char *name);

/* Length of the first complete answer in the bytes; 0: not complete yet. Pure. */
size_t memcached_answer_length(const char *bytes, size_t length);
/* Reads a complete answer in place; the bytes must stay valid as long as the answer. False with err
 * if it is an error (ERROR, CLIENT_ERROR, SERVER_ERROR) or not an answer of Memcached. Pure. */
bool memcached_answer_read(char *bytes, size_t length, struct memcached_answer *answer,
                           struct err *err) MUST_CHECK;

struct line *memcached_open(struct io *io, const char *address); /* "host:port" */
/* As line_send. command: "stats", without its end; false for one with a line break in it. `done`
 * gets a struct memcached_answer, or why there is none: after an error of the server's alone the
 * connection still stands. */
bool memcached_send(struct line *line, const char *command, line_cb done, void *arg,
                    struct err *err) MUST_CHECK;
