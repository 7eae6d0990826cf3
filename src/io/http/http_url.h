/* What a URL says of where to connect, and the proxies of the environment. */
#pragma once

#include "core/err.h"
#include "io/net/tcp.h"

#include <stddef.h>

struct http_place {
  char host[HOST_MAX]; /* without brackets */
  int port;
  bool tls;
};
/* Where the URL leads. False where it is no http or https URL with a host. */
bool http_place_read(const char *url, struct http_place *place, struct err *err) MUST_CHECK;
/* Whether it is an IP address. */
bool http_place_is_numeric(const struct http_place *place);

/* The URL with another host ("name" or "name:port", of which the port is left out), as curl has to
 * see it to verify the certificate for that name. For the caller to curl_free; NULL: not valid. */
char *http_url_for(const char *url, const char *host);

/* The proxy by which curl asks for it, as the environment has it; NULL: none. */
const char *http_proxy_of(const struct http_place *place);
/* "host:port" of a proxy as the environment has it, without its user and password; "" for NULL. */
void http_proxy_text(const char *proxy, char *out, size_t size);
/* Whether no_proxy, a list as curl takes it, names the host. Pure; CIDR blocks are not known. */
bool http_no_proxy_names(const char *no_proxy, const char *host);

/* Whether it is an http or https URL with a host. */
bool http_url_check(const char *url, struct err *err) MUST_CHECK;
/* Of a bearer token. */
bool http_bearer_check(const char *text, struct err *err) MUST_CHECK;
/* Whether it can be the host of a query: a name or an address, with or without a port. */
bool http_host_check(const char *host, struct err *err) MUST_CHECK;
