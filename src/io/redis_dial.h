/* Inside of io/redis: from a host to a connected socket. */
#pragma once

#include "core/err.h"
#include "io/io.h"
#include "io/redis_url.h"

struct redis_dial; /* one under way */

/* On success err is NULL, and the non-blocking socket is the callee's to close; `where` is
 * "127.0.0.1:6379", "[::1]:6379" or a socket's path. */
typedef void (*redis_dial_cb)(void *arg, int socket, const char *where, const struct err *err);

/* Tries the addresses of url's host in their order; the next one starts when one has failed or has
 * not answered for TCP_STAGGER_MS. The callback comes once, on the loop's thread, never before this
 * returns, with the first that answers or with the first error that came; unless redis_dial_cancel
 * comes first. No deadline: the caller has one. url is borrowed until then. */
struct redis_dial *redis_dial_start(struct io *io, const struct redis_url *url, redis_dial_cb done,
                                    void *arg);
/* No callback will come; its handles close in the next turn of the loop. */
void redis_dial_cancel(struct redis_dial *dial);
