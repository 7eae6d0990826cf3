/* Resolves names to addresses, off the loop's thread.
 *
 * A lookup is a call of getaddrinfo on its own thread (io/worker.h): libuv's pool gives two of its
 * four threads to lookups, so that two silent name servers would block all other names. Requests
 * for a name that is being resolved share the same lookup, also after earlier callers have
 * cancelled: a name uses at most one thread, however long its server is silent. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <netinet/in.h>

enum {
  RESOLVE_MAX = 8,          /* addresses of one name that are worth trying */
  RESOLVE_LOOKUPS_MAX = 256 /* concurrent lookups */
};

/* The addresses come in the order of getaddrinfo (RFC 6724), each with the port set. */
struct resolve_result {
  struct sockaddr_storage addresses[RESOLVE_MAX];
  size_t count;
};

typedef void (*resolve_cb)(void *arg, const struct resolve_result *result, const struct err *err);

struct resolve; /* a caller that waits for an answer */

/* Looks host up (a name or a numeric address, IPv6 without brackets). The callback comes once, on
 * the loop's thread, never before this returns, with a result or an error (ERR_UNRESOLVED names the
 * host); unless resolve_cancel comes first. The returned handle is valid until the callback. */
struct resolve *resolve_start(struct io *io, const char *host, int port, resolve_cb done,
                              void *arg);

/* No callback will come. The lookup continues for later callers. */
void resolve_cancel(struct resolve *resolve);

/* "127.0.0.1" or "::1" of an address. */
void resolve_text(const struct sockaddr_storage *address, char *out, size_t size);
/* "127.0.0.1:6379" or "[::1]:6379" of an address. */
enum { PLACE_MAX = INET6_ADDRSTRLEN + 8 };
void resolve_place(const struct sockaddr_storage *address, char out[PLACE_MAX]);

/* The lookup itself, on a thread: fills result and returns 0, or a code of gai_strerror. */
typedef int (*resolve_work)(const char *host, const char *service, struct resolve_result *result);

/* io->resolver is usually created at the first lookup, with getaddrinfo; a test may set one with
 * its own function. */
struct resolver *resolver_new(struct io *io, resolve_work work);
/* No caller may be waiting. Its handle closes in the next turn of the loop, whatever its threads
 * do; it does not keep a loop alive without callers. NULL is allowed. */
void resolver_free(struct resolver *resolver);
