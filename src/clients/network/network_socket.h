/* A TCP or UDP socket of the machine, and its two sources: a message of the kernel's sock_diag, and
 * a line of /proc/net/tcp. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's states of TCP, which it also uses for UDP: CLOSE is a socket without a peer. */
enum network_state {
  NETWORK_ESTABLISHED = 1,
  NETWORK_SYN_SENT,
  NETWORK_SYN_RECV,
  NETWORK_FIN_WAIT1,
  NETWORK_FIN_WAIT2,
  NETWORK_TIME_WAIT,
  NETWORK_CLOSE,
  NETWORK_CLOSE_WAIT,
  NETWORK_LAST_ACK,
  NETWORK_LISTEN,
  NETWORK_CLOSING,
  NETWORK_STATE_COUNT
};
/* "ESTABLISHED", as ss and netstat name it; "?" for a number that is none. */
const char *network_state_name(unsigned state);

struct network_address {
  uint8_t bytes[16]; /* of IPv4 the first 4; an IPv4 address within IPv6 is an IPv4 address here */
  bool v6;
};
bool network_address_is_any(const struct network_address *address);
bool network_address_is_loopback(const struct network_address *address);
bool network_address_same(const struct network_address *a, const struct network_address *b);
uint64_t network_address_hash(uint64_t hash, const struct network_address *address);

enum { NETWORK_ADDRESS_MAX = 80 };
/* "10.0.0.5", "fe80::1". Returns out. */
const char *network_address_text(char out[NETWORK_ADDRESS_MAX],
                                 const struct network_address *address);
/* "10.0.0.5:80", "[fe80::1]:80". Returns out. */
const char *network_endpoint_text(char out[NETWORK_ADDRESS_MAX],
                                  const struct network_address *address, unsigned port);

struct network_socket {
  bool udp;
  unsigned state;
  struct network_address local, peer;
  uint16_t local_port, peer_port;
  bool only_v6;       /* a wildcard that takes no IPv4 */
  uint32_t interface; /* index of the one that it is bound to; 0: to none */
  uint32_t user;
  uint32_t inode;              /* 0: of the kernel, or without a file any more */
  uint32_t receive;            /* bytes to be read; of a listener the connections to be accepted */
  uint32_t send;               /* bytes not acknowledged */
  int64_t backlog;             /* of a listener: the limit of `receive`; -1: not known */
  int64_t drops;               /* of a listener or UDP, since it was opened; -1: not known */
  int64_t buffer;              /* of UDP: limit of `receive`; -1: not known */
  unsigned retransmits, timer; /* of the segment that waits now; as the kernel numbers timers */
};

/* A message of inet_diag without its netlink header. False if it is too short. */
bool network_socket_read(struct network_socket *socket, bool udp, const void *message, size_t size);
/* A line of /proc/net/tcp, tcp6, udp or udp6; false for its heading or anything else. */
bool network_socket_parse(struct network_socket *socket, bool udp, const char *line);
