/* What is asked by HTTP. */
#pragma once

#include "io/http/http_tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

/* Bytes kept of a body, unless the query says more; an answer with longer headers is an error. */
enum { HTTP_BODY_MAX = 64 << 10, HTTP_HEADERS_MAX = 256 << 10 };

struct http_header {
  const char *name, *value;
};

/* What becomes of a piece of a stream. */
enum http_piece {
  HTTP_TAKEN,
  HTTP_LATER, /* nothing was taken: it comes again after http_resume, and the server has to wait */
  HTTP_INVALID, /* ends the transfer with ERR_PROTOCOL */
};

/* Makes connections in the place of TCP and Unix sockets. It has to live until `closed`, which
 * comes after the request's callback where the connection is kept. */
struct http_dial {
  /* Where curl is to connect to, at once; false: nowhere. */
  bool (*open)(void *arg, struct sockaddr_un *address);
  void (*closed)(void *arg); /* curl has closed that connection */
  void *arg;
};

/* All borrowed for the call only. */
struct http_query {
  const char *url;  /* http or https */
  const char *host; /* the Host header and, with TLS, the name that is asked for and verified; the
                       URL then says where to connect. NULL: the URL's */
  const char *ca_file;          /* PEM, or NULL: the system's */
  const char *cert_file;        /* PEM of the client's certificate, or NULL: none */
  const char *key_file;         /* PEM of its key, or NULL: in cert_file */
  bool insecure;                /* certificates are not verified */
  int64_t timeout_ms;           /* of all of it, looking up the name included */
  const char *socket;           /* path of a Unix socket to connect to instead; or NULL */
  const struct http_dial *dial; /* how to connect instead; `socket` is then only the name by which
                                   connections are shared. NULL: as said */
  bool keep;                    /* uses a connection of an earlier request, and leaves it open */
  bool http2;         /* speaks HTTP/2 only, directly and without asking for it before; trailers
                         are then at the end of the headers */
  size_t body_len;    /* bytes of `body`; 0: it is a text */
  const char *method; /* NULL: GET, or POST with a body */
  const char *json;   /* body to send, application/json; NULL: none */
  const char *body;   /* body to send; application/json if it looks like it and no header says
                         otherwise. NULL: none */
  const char *bearer; /* token of an Authorization header; NULL: none */
  const char *username, *password; /* of basic authentication; NULL: none */
  const struct http_header *headers;
  size_t header_count;
  bool encoded;    /* takes a compressed answer too; its body is what that decodes to */
  size_t body_max; /* bytes kept of the answer's body, then the transfer ends; 0: HTTP_BODY_MAX */
  /* Gets the body of an answer with a status of 2xx as it comes, instead of http_result.body. The
   * timeout then ends with the headers, and silence_ms begins. Called by curl: it must not send or
   * cancel requests. NULL: not wanted. arg is that of http_send. */
  enum http_piece (*stream)(void *arg, const char *bytes, size_t len);
  int64_t silence_ms; /* of a stream: how long nothing may come; 0: no limit */
  bool only_tls;      /* ends when TLS is established, directly and without a request: status 0 */
  /* Gets what the server showed, before the callback, also with an error; has to live as long as
   * the request. NULL: not wanted. Not with `keep`. */
  struct http_tls *tls;
};
