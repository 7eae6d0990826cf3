/* A dump over netlink: one question, messages until the kernel says that there are no more. Blocks,
 * for at most a few seconds: for a worker thread. */
#pragma once

#include "core/err.h"

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

/* Each message: its type, and its bytes after the header of netlink. */
typedef void network_message(void *arg, unsigned type, const void *message, size_t size);

/* protocol: NETLINK_SOCK_DIAG, NETLINK_ROUTE. request: what follows the header. False with err:
 * ERR_UNSUPPORTED if the kernel has no answer to it at all. */
bool network_dump(int protocol, unsigned type, const void *request, size_t size,
                  network_message *each, void *arg, struct err *err) MUST_CHECK;
