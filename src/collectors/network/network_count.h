/* What the sockets of a machine add up to: by state, by listener, and by destination. Pure: it is
 * given one socket after the other, the listeners first. */
#pragma once

#include "clients/network/network_socket.h"
#include "core/map.h"

enum { NETWORK_LISTENERS_MAX = 4096, NETWORK_DESTINATIONS_MAX = 65536, NETWORK_PORTS = 65536 };

/* One address and port, whatever the number of sockets and processes that share it (SO_REUSEPORT).
 */
struct network_listener {
  struct network_socket socket; /* the fullest of them */
  size_t sockets;
  int64_t drops; /* of all; -1: not known */
  size_t states[NETWORK_STATE_COUNT];
  size_t next; /* index of the next one of this port, plus 1 */
};

/* Ports that connections to one address and port use, of those that the kernel gives to them. */
struct network_destination {
  struct network_address local, peer;
  uint16_t port;
  uint32_t used, waiting; /* waiting: of these in TIME_WAIT */
};

struct network_count {
  size_t states[NETWORK_STATE_COUNT], incoming[NETWORK_STATE_COUNT]; /* of TCP, without listeners */
  size_t udp;
  int64_t ports_first, ports_last; /* from here on: set before the first socket; -1: not known */
  int64_t reuse;                   /* tcp_tw_reuse */
  struct network_listener *listeners;
  size_t listener_count;
  bool listeners_cut;
  uint32_t *by_port; /* index into listeners, plus 1 */
  struct map destinations;
  struct network_destination *items; /* index: the map's value */
  size_t item_count;
  bool destinations_cut;
};

void network_count_init(struct network_count *count, int64_t ports_first, int64_t ports_last,
                        int64_t reuse);
void network_count_fini(struct network_count *count);

/* A socket that listens, or one of UDP without a peer. */
void network_count_listener(struct network_count *count, const struct network_socket *socket);
/* Any other of TCP. */
void network_count_connection(struct network_count *count, const struct network_socket *socket);
/* The listener that has accepted it; NULL: it was opened from here. */
struct network_listener *network_listener_of(const struct network_count *count,
                                             const struct network_socket *socket);
/* Whether the port of a connection was given to it by the kernel, so that it is one of a limited
 * number. */
bool network_is_ephemeral(const struct network_count *count, const struct network_socket *socket);
/* The destination with the most used ports; NULL: there is none. */
const struct network_destination *network_busiest(const struct network_count *count);
/* Share of its queue that is used; -1: not known. The kernel takes one more than the backlog. */
double network_queue_share(const struct network_socket *socket);

/* "*:8000", "[::]:8000" (IPv6 only), "127.0.0.53%lo:53/udp". device: its name; NULL or "": bound to
 * none. Returns out. */
const char *network_listener_label(char out[2 * NETWORK_ADDRESS_MAX],
                                   const struct network_socket *socket, const char *device);
