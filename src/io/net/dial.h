/* From a name to a connected socket. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <netinet/in.h>
#include <stdint.h>

struct dial_result {
  int socket; /* non-blocking; the callee closes it */
  struct sockaddr_storage address;
  int64_t resolve_us; /* time to resolve the name; about 0 for a numeric address */
  int64_t connect_us; /* time of the address that answered, from its SYN */
};

typedef void (*dial_cb)(void *arg, const struct dial_result *result, const struct err *err);

struct dial; /* a running attempt */

/* Tries the addresses of host in their order; the next one starts when one has failed or has not
 * answered for DIAL_STAGGER_MS (a small RFC 8305), and the first that answers is the result. The
 * callback comes once, on the loop's thread, never before this returns, with a result or with the
 * first error; unless dial_cancel comes first. There is no deadline except that of the operating
 * system: the caller has one and cancels. The handle is valid until the callback. */
enum { DIAL_STAGGER_MS = 300 };
struct dial *dial_start(struct io *io, const char *host, int port, dial_cb done, void *arg);
/* The same for a socket in the file system; path is shorter than sockaddr_un's. */
struct dial *dial_file_start(struct io *io, const char *path, dial_cb done, void *arg);

/* No callback will come; its handles close in the next turn of the loop. */
void dial_cancel(struct dial *dial);

/* Whether it is still resolving the name. */
bool dial_is_resolving(const struct dial *dial);
