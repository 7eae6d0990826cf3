/* A small HTTP server on the loop, for one page: GET and HEAD, one request for each connection,
 * which is then closed. Bounded: HTTP_SERVE_CONNECTIONS at once (more are closed at once), requests
 * of HTTP_SERVE_REQUEST_MAX bytes, HTTP_SERVE_MS for each. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <stdbool.h>
#include <stddef.h>

enum {
  HTTP_SERVE_CONNECTIONS = 16,
  HTTP_SERVE_REQUEST_MAX = 8 << 10,
  HTTP_SERVE_MS = 10000,
  HTTP_SERVE_BACKLOG = 16,
};

/* Of a request. */
struct http_asked {
  const char *path;   /* "/metrics", without a query */
  const char *accept; /* the header of that name; "" */
};
/* What is answered: `text` is freed. status 404: `text` says why. */
struct http_reply {
  int status;
  const char *type; /* static: "text/plain; charset=utf-8" */
  char *text;
  size_t length;
};

struct http_serve;

/* Whether the address is one of this host's loopback: "127.0.0.1", "::1", "localhost". False with
 * err: it is no address. */
bool http_serve_address(const char *host, bool *loopback, struct err *err) MUST_CHECK;
/* Listens at the address; port 0: one that is free. remote: also for those who ask for this host by
 * a name; otherwise the Host header must be an address or localhost, so that no web page reaches it
 * by a name of its own. NULL with err. */
struct http_serve *http_serve_new(struct io *io, const char *host, int port, bool remote,
                                  void (*answer)(void *arg, const struct http_asked *asked,
                                                 struct http_reply *reply),
                                  void *arg, struct err *err) MUST_CHECK;
int http_serve_port(const struct http_serve *serve);
/* Closes it and all connections; it frees itself in later turns of the loop. */
void http_serve_close(struct http_serve *serve);

/* One request, from its first byte on: 0: more is needed; otherwise the status to answer with, 200
 * for one to be answered. The text is changed. Pure. */
int http_request_read(char *text, size_t length, bool remote, struct http_asked *asked,
                      bool *head_only);
