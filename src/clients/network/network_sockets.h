/* All sockets of a protocol, one after the other: from sock_diag of the kernel, which takes 0.3 s
 * for 100,000, or else from /proc/net. Blocks: for a worker thread. */
#pragma once

#include "clients/network/network_socket.h"
#include "core/err.h"

struct network_source {
  const char *proc;  /* "/proc" */
  bool without_diag; /* as if the kernel had no sock_diag */
};

/* A set of states. */
#define NETWORK_IN(state) (1U << (state))
enum { NETWORK_ALL_STATES = (1 << NETWORK_STATE_COUNT) - 2 };

typedef void network_each(void *arg, const struct network_socket *socket);

/* Each socket in one of the states. memory: with drops and buffers, which only sock_diag has.
 * *from_proc (may be NULL) becomes true if /proc was read. */
bool network_sockets_read(const struct network_source *source, bool udp, unsigned states,
                          bool memory, network_each *each, void *arg, bool *from_proc,
                          struct err *err) MUST_CHECK;
