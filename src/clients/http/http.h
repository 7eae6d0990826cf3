/* HTTP and HTTPS by libcurl, on the loop: one GET, with its timings.
 *
 * One curl multi handle serves all requests. It is created at the first request, because starting
 * curl and its TLS library takes milliseconds. Each request opens a new connection, resolves the
 * name again and verifies the certificate (no TLS session is resumed), so that it behaves like a
 * new client. Names are resolved by io/resolve.h and passed to curl, because curl would wait for
 * its own resolver when a request is cancelled. Redirects are not followed: the caller gets the
 * server's response. Proxies are taken from the environment, as in curl. */
#pragma once

#include "clients/http/http_client.h"
#include "core/err.h"
#include "io/io.h"

#include <stddef.h>
#include <stdint.h>

enum { HTTP_BODY_MAX = 64 << 10 }; /* bytes kept of a body; the transfer then ends */

/* All members are borrowed for the call only. */
struct http_query {
  const char *url;     /* http or https */
  const char *host;    /* Host header, or NULL: that of the URL */
  const char *ca_file; /* PEM file, or NULL: the system's */
  bool insecure;       /* certificates are not verified */
  int64_t timeout_ms;  /* for the whole request, including the name lookup */
};

struct http_result {
  int status;            /* 200 */
  int64_t resolve_us;    /* the name; 0 for a numeric address */
  int64_t connect_us;    /* these four start after the lookup, each including the previous ones; */
  int64_t tls_us;        /* tls: 0 without TLS */
  int64_t first_byte_us; /* of the answer */
  int64_t total_us;
  const char *body; /* terminated; may hold NUL bytes; borrowed for the callback */
  size_t body_len;
  bool body_cut; /* there was more than HTTP_BODY_MAX */
};

typedef void (*http_cb)(void *arg, const struct http_result *result, const struct err *err);

struct http_request; /* a running request */

/* The callback comes once, on the loop's thread, never before this returns, with a result (whatever
 * its status is) or an error: ERR_TIMEOUT "no answer within 10s", ERR_REFUSED, ERR_PROTOCOL "TLS:
 * certificate has expired", ...; unless http_cancel comes first. The handle is valid until the
 * callback. */
struct http_request *http_get(struct io *io, const struct http_query *query, http_cb done,
                              void *arg);
void http_cancel(struct http_request *request);

/* Whether it is an http or https URL with a host. */
bool http_url_check(const char *url, struct err *err) MUST_CHECK;
