/* Names to addresses, off the loop's thread. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <netinet/in.h>

enum { RESOLVE_MAX = 8 }; /* addresses of one name that are worth trying */

/* The addresses come in the order of getaddrinfo (RFC 6724), each with the port set. */
struct resolve_result {
  struct sockaddr_storage addresses[RESOLVE_MAX];
  size_t count;
};

typedef void (*resolve_cb)(void *arg, const struct resolve_result *result, const struct err *err);

struct resolve; /* one look-up under way */

/* Looks host up (a name or a numeric address, IPv6 without brackets). The callback comes once, on
 * the loop's thread, never before this returns, with a result or an error (ERR_UNRESOLVED names the
 * host); unless resolve_cancel comes first. The returned handle is valid until the callback. */
struct resolve *resolve_start(struct io *io, const char *host, int port, resolve_cb done,
                              void *arg);

/* No callback will come. A look-up that a hung name server holds goes on in the thread pool and is
 * forgotten there; it delays the loop's end until the resolver gives up. */
void resolve_cancel(struct resolve *resolve);

/* "127.0.0.1" or "::1" of an address. */
void resolve_text(const struct sockaddr_storage *address, char *out, size_t size);
