/* HTTP and HTTPS by libcurl, on the loop: one request, with its timings.
 *
 * One curl multi handle serves all requests. It is created by the first request, because starting
 * curl and its TLS library costs milliseconds. Unless `keep` is set, each request has a connection
 * of its own, looks the name up again, and verifies the certificate (no TLS session is resumed): it
 * sees what a new client sees. Names are resolved by io/net/resolve.h and given to curl, because
 * curl would wait for its own resolver when a request is cancelled. Redirects are not followed.
 * Proxies are taken from the environment, as curl does. */
#pragma once

#include "core/err.h"
#include "io/http/http_client.h"
#include "io/http/http_query.h"
#include "io/http/http_url.h" /* the checks of options */
#include "io/io.h"

#include <stddef.h>
#include <stdint.h>

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
  bool body_cut;        /* there was more than body_max */
  const char *headers;  /* as they came, a line each; terminated, borrowed; "" if only_tls */
  const char *location; /* where it redirects to, an absolute URL; "" if it does not */
  const char *proxy;    /* "host:port" of the one that was asked, without its password; "": none */
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
/* After `stream` of the query has returned HTTP_LATER. */
void http_resume(struct http_request *request);
