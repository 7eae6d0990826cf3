/* HTTP and HTTPS by libcurl, on the loop: one request, with its timings.
 *
 * One curl multi handle serves all requests. It is created by the first request, because starting
 * curl and its TLS library costs milliseconds. Unless `keep` is set, each request has a connection
 * of its own, looks the name up again, and verifies the certificate (no TLS session is resumed): it
 * sees what a new client sees. Names are resolved by io/resolve.h and given to curl, because curl
 * would wait for its own resolver when a request is cancelled. Redirects are not followed. Proxies
 * are taken from the environment, as curl does. */
#pragma once

#include "core/err.h"
#include "io/http/http_client.h"
#include "io/io.h"

#include <stddef.h>
#include <stdint.h>

enum { HTTP_BODY_MAX = 64 << 10 }; /* bytes kept of a body, unless the query says more */

/* All borrowed for the call only. */
struct http_query {
  const char *url;       /* http or https */
  const char *host;      /* the Host header, or NULL: the URL's */
  const char *ca_file;   /* PEM, or NULL: the system's */
  const char *cert_file; /* PEM of the client's certificate, or NULL: none */
  const char *key_file;  /* PEM of its key, or NULL: in cert_file */
  bool insecure;         /* certificates are not verified */
  int64_t timeout_ms;    /* of all of it, looking up the name included */
  const char *socket;    /* path of a Unix socket to connect to instead; or NULL */
  bool keep;             /* uses a connection of an earlier request, and leaves it open */
  const char *method;    /* NULL: GET */
  const char *json;      /* body to send, application/json; NULL: none */
  size_t body_max; /* bytes kept of the answer's body, then the transfer ends; 0: HTTP_BODY_MAX */
};

struct http_result {
  int status;            /* 200 */
  int64_t resolve_us;    /* the name; 0 for a numeric address */
  int64_t connect_us;    /* these four begin after the look-up and each include those before; */
  int64_t tls_us;        /* tls: 0 without TLS */
  int64_t first_byte_us; /* of the answer */
  int64_t total_us;
  int64_t date_s;   /* the server's clock, in seconds since 1970 (the header Date); -1: not said */
  const char *body; /* terminated; may hold NUL bytes; borrowed for the callback */
  size_t body_len;
  bool body_cut; /* there was more than body_max */
};

typedef void (*http_cb)(void *arg, const struct http_result *result, const struct err *err);

struct http_request; /* one under way */

/* The callback comes once, on the loop's thread, never before this returns, with a result (whatever
 * its status is) or an error: ERR_TIMEOUT "no answer within 10s", ERR_REFUSED, ERR_PROTOCOL "TLS:
 * certificate has expired", ...; unless http_cancel comes first. The handle is valid until the
 * callback. */
struct http_request *http_send(struct io *io, const struct http_query *query, http_cb done,
                               void *arg);
void http_cancel(struct http_request *request);

/* Whether it is an http or https URL with a host. */
bool http_url_check(const char *url, struct err *err) MUST_CHECK;
