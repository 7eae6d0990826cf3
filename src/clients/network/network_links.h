/* Interfaces of a network namespace: state, counters, speed, and what their queues dropped. Blocks:
 * for a worker thread. */
#pragma once

#include "clients/network/network_sockets.h"
#include "core/err.h"

enum { NETWORK_LINKS_MAX = 4096, NETWORK_LINK_NAME_MAX = 32 };

/* Counters and numbers that are not known are -1. */
struct network_link {
  int index, master; /* master: 0 without one; index: 0 if the source has none */
  char name[NETWORK_LINK_NAME_MAX], kind[NETWORK_LINK_NAME_MAX]; /* kind: "veth", "bond"; "" */
  char address[NETWORK_ADDRESS_MAX]; /* the first that is not link-local; "" */
  bool loopback, up, carrier;        /* up: an administrator wants it so */
  bool far_end;            /* the other end of it (veth) is in another network namespace */
  int64_t mtu, speed_bits; /* of a second; -1 also if it has none, as virtual ones do */
  int64_t received, sent, packets_in, packets_out, errors_in, errors_out, drops_in, drops_out;
  int64_t queue_drops; /* by its queueing discipline (tc) */
  int64_t carrier_changes;
};

struct network_links {
  struct network_link *items;
  size_t count;
  bool cut;       /* there are more */
  bool from_proc; /* of /proc/net/dev: names and counters only */
};

bool network_links_read(const struct network_source *source, struct network_links *links,
                        struct err *err) MUST_CHECK;
void network_links_fini(struct network_links *links);

/* Pure. A message RTM_NEWLINK after its netlink header; a line of /proc/net/dev. False if it is
 * none. */
bool network_link_read(struct network_link *link, const void *message, size_t size);
bool network_link_parse(struct network_link *link, const char *line);
