/* How long a TCP connection takes: resolve, connect, measure, hang up. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <netinet/in.h>
#include <stdint.h>

struct tcp_result {
  int64_t resolve_us; /* for the name's addresses; about 0 for a numeric address */
  int64_t connect_us; /* of the address that answered, from its SYN on */
  struct sockaddr_storage address;
};

typedef void (*tcp_cb)(void *arg, const struct tcp_result *result, const struct err *err);

struct tcp_probe; /* one under way */

/* Tries the addresses of host in their order; the next one starts when one has failed or has not
 * answered for TCP_STAGGER_MS (RFC 8305 in small), and the first that answers is the result. The
 * callback comes once, on the loop's thread, never before this returns, with a result or with the
 * first error that came; unless tcp_probe_cancel comes first. There is no deadline but that of the
 * operating system: the caller has one and cancels. The handle is valid until the callback. */
enum { TCP_STAGGER_MS = 300 };
struct tcp_probe *tcp_probe_start(struct io *io, const char *host, int port, tcp_cb done,
                                  void *arg);

/* No callback will come; its handles close in the next turn of the loop. */
void tcp_probe_cancel(struct tcp_probe *probe);

/* Whether it still waits for the name's addresses. */
bool tcp_probe_resolving(const struct tcp_probe *probe);

enum { HOST_MAX = 256 }; /* a name of the DNS, and its end */

/* "api:8000" or "[::1]:8000" in its parts; the host without its brackets. */
bool tcp_address_split(const char *address, char host[HOST_MAX], int *port,
                       struct err *err) MUST_CHECK;
