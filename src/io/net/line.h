/* A client for protocols with requests and answers in the same order over one stream: Redis,
 * Memcached and similar ones. It dials, queues requests, describes what it is waiting for, measures
 * the time to an answer, and closes; the protocol defines what an answer is.
 *
 * A connection is used once: after an error, a cancel or a time-out it is closed and another one
 * opened, because late answers on it belong to dropped requests. There is no deadline here: the
 * caller has one, and closes. */
#pragma once

#include "core/err.h"
#include "io/io.h"
#include "io/net/line_tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;

enum { LINE_REQUESTS_MAX = 4096 }; /* requests waiting for their answer */

/* An answer, borrowed for the call, or why there is none. A protocol may cast callbacks of a type
 * of its own to this: only `deliver` calls them, cast back. */
typedef void (*line_cb)(void *arg, const void *answer, const struct err *err);

/* An answer of a protocol with a framing callback: its bytes may be changed, and are valid during
 * the callback. */
struct line_text {
  char *bytes;
  size_t length;
};

struct line_protocol {
  /* Framing: the length of the first complete answer in the bytes; 0: not complete yet. The line
   * collects the bytes, at most answer_max; answers are struct line_text. */
  size_t (*whole)(const char *bytes, size_t length);
  size_t answer_max;
  /* Instead: an answer ends where the server closes the connection in order, and has at most
   * answer_max bytes. It is a struct line_text too; one of no bytes is an error. */
  bool ends;
  /* Alternatively, for a protocol with its own reader: bytes have arrived; call line_answer for
   * each complete answer, and stop when line_is_open is false. False with err ends the connection
   * with it. */
  bool (*receive)(void *self, const char *bytes, size_t length, struct err *err);
  /* Hands an answer, or an error, to the callback of a request. It may close the line. */
  void (*deliver)(line_cb done, void *arg, const void *answer, const struct err *err);
  /* The socket is connected: logs in by line_greet, and ends with line_ready, now or later: until
   * then requests are held back. NULL: they need not wait. */
  void (*connected)(void *self);
};

struct line_place {
  const char *host; /* borrowed for the call */
  int port;
  const char *path; /* of a socket in the file system, instead, borrowed until line_close; NULL or
                       "": none */
  const struct line_tls_options *tls; /* borrowed until line_close; NULL: without TLS */
};

/* Begins to connect. Requests may be sent at once. */
struct line *line_open(struct io *io, const struct line_place *place,
                       const struct line_protocol *protocol, void *self);
/* The same to "host:port" (io/net/tcp.h), which was checked as an option. */
struct line *line_open_address(struct io *io, const char *address,
                               const struct line_protocol *protocol);
/* Queues a request, whose bytes are copied, and wiped once they are sent. name is what
 * line_describe calls it. `done` comes once, never before this returns, in the order of the
 * requests; unless line_close comes first. False when the connection is broken (err says by what)
 * or LINE_REQUESTS_MAX wait. */
bool line_send(struct line *line, const char *name, const char *bytes, size_t length, line_cb done,
               void *arg, struct err *err) MUST_CHECK;
/* The same before line_ready, ahead of the requests; it cannot fail at once. done: NULL where the
 * answer is of no interest. */
void line_greet(struct line *line, const char *name, const char *bytes, size_t length, line_cb done,
                void *arg);
void line_ready(struct line *line);

/* Within `receive`: an answer to the oldest request. False, with ERR_PROTOCOL, if there is none. */
bool line_answer(struct line *line, const void *answer, struct err *err) MUST_CHECK;
/* Breaks the connection: every waiting request gets the error. */
void line_break(struct line *line, const struct err *err);

/* Connected, and neither broken nor closed. */
bool line_is_open(const struct line *line);
/* False once it is broken, also if the server closes it while idle. */
bool line_usable(const struct line *line);
/* Within `done`: the time from when the socket took the request until the answer could be read,
 * without connecting and logging in. -1 if not known, because the loop was busy. */
int64_t line_answer_us(const struct line *line);
const char *line_address(const struct line *line); /* "127.0.0.1:6379"; "" until it is connected */
/* Describes what it is waiting for: "connected to 127.0.0.1:6379, no answer to INFO". Returns
 * out. */
const char *line_describe(const struct line *line, char *out, size_t size);

/* No callback of a request comes after this. Does not wait for the server. closed(arg) comes in a
 * later turn of the loop, when all handles are closed, before the memory is freed; it may be
 * NULL. */
void line_close(struct line *line, void (*closed)(void *arg), void *arg);
