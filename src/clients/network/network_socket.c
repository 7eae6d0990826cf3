#include "clients/network/network_socket.h"

#include "clients/network/network_numbers.h"
#include "core/map.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *network_state_name(unsigned state) {
  static const char *const names[NETWORK_STATE_COUNT] = {
      [NETWORK_ESTABLISHED] = "ESTABLISHED",
      [NETWORK_SYN_SENT] = "SYN_SENT",
      [NETWORK_SYN_RECV] = "SYN_RECV",
      [NETWORK_FIN_WAIT1] = "FIN_WAIT1",
      [NETWORK_FIN_WAIT2] = "FIN_WAIT2",
      [NETWORK_TIME_WAIT] = "TIME_WAIT",
      [NETWORK_CLOSE] = "CLOSE",
      [NETWORK_CLOSE_WAIT] = "CLOSE_WAIT",
      [NETWORK_LAST_ACK] = "LAST_ACK",
      [NETWORK_LISTEN] = "LISTEN",
      [NETWORK_CLOSING] = "CLOSING",
  };
  return state < NETWORK_STATE_COUNT && names[state] ? names[state] : "?";
}

/* ---- addresses */

static const uint8_t none[16], mapped[12] = {[10] = 0xff, [11] = 0xff};

static size_t length_of(const struct network_address *address) {
  return address->v6 ? 16 : 4;
}

static void address_set(struct network_address *address, bool v6, const void *bytes) {
  const uint8_t *from = bytes;
  *address = (struct network_address){.v6 = v6 && memcmp(from, mapped, sizeof mapped) != 0};
  memcpy(address->bytes, from + (v6 && !address->v6 ? sizeof mapped : 0), length_of(address));
}

bool network_address_is_any(const struct network_address *address) {
  return memcmp(address->bytes, none, length_of(address)) == 0;
}

bool network_address_is_loopback(const struct network_address *address) {
  static const uint8_t loopback6[16] = {[15] = 1};
  return address->v6 ? memcmp(address->bytes, loopback6, 16) == 0 : address->bytes[0] == 127;
}

bool network_address_same(const struct network_address *a, const struct network_address *b) {
  return a->v6 == b->v6 && memcmp(a->bytes, b->bytes, length_of(a)) == 0;
}

uint64_t network_address_hash(uint64_t hash, const struct network_address *address) {
  uint64_t halves[2];
  memcpy(halves, address->bytes, sizeof halves);
  hash = map_hash_number(hash, halves[0]);
  return address->v6 ? map_hash_number(hash, halves[1]) : hash;
}

const char *network_address_text(char out[NETWORK_ADDRESS_MAX],
                                 const struct network_address *address) {
  if (!inet_ntop(address->v6 ? AF_INET6 : AF_INET, address->bytes, out, NETWORK_ADDRESS_MAX))
    snprintf(out, NETWORK_ADDRESS_MAX, "?");
  return out;
}

const char *network_endpoint_text(char out[NETWORK_ADDRESS_MAX],
                                  const struct network_address *address, unsigned port) {
  char text[NETWORK_ADDRESS_MAX];
  network_address_text(text, address);
  snprintf(out, NETWORK_ADDRESS_MAX, address->v6 ? "[%.60s]:%u" : "%.60s:%u", text, port);
  return out;
}

/* ---- sock_diag */

/* The queues mean something else of a listener. */
static void set_queues(struct network_socket *socket, bool has_backlog) {
  socket->backlog = socket->drops = socket->buffer = -1;
  if (socket->udp || socket->state != NETWORK_LISTEN)
    return;
  if (has_backlog)
    socket->backlog = socket->send;
  socket->send = 0;
}

static void read_attribute(struct network_socket *socket, const struct rtattr *attribute) {
  const void *data = RTA_DATA(attribute);
  const size_t size = RTA_PAYLOAD(attribute);
  uint32_t memory[SK_MEMINFO_VARS] = {0};
  if (attribute->rta_type == INET_DIAG_SKV6ONLY && size >= 1) {
    socket->only_v6 = *(const uint8_t *)data != 0;
  } else if (attribute->rta_type == INET_DIAG_SKMEMINFO &&
             size > SK_MEMINFO_RCVBUF * sizeof *memory) {
    memcpy(memory, data, size < sizeof memory ? size : sizeof memory);
    if (socket->udp) {
      socket->buffer = memory[SK_MEMINFO_RCVBUF];
      socket->receive = memory[SK_MEMINFO_RMEM_ALLOC]; /* with its overhead: what is limited */
    }
    if (size > SK_MEMINFO_DROPS * sizeof *memory)
      socket->drops = memory[SK_MEMINFO_DROPS];
  }
}

bool network_socket_read(struct network_socket *socket, bool udp, const void *message,
                         size_t size) {
  struct inet_diag_msg diag;
  if (size < sizeof diag)
    return false;
  memcpy(&diag, message, sizeof diag);
  *socket = (struct network_socket){
      .udp = udp,
      .state = diag.idiag_state,
      .local_port = ntohs(diag.id.idiag_sport),
      .peer_port = ntohs(diag.id.idiag_dport),
      .interface = diag.id.idiag_if,
      .user = diag.idiag_uid,
      .inode = diag.idiag_inode,
      .receive = diag.idiag_rqueue,
      .send = diag.idiag_wqueue,
      .retransmits = diag.idiag_retrans,
      .timer = diag.idiag_timer,
  };
  const bool v6 = diag.idiag_family == AF_INET6;
  address_set(&socket->local, v6, diag.id.idiag_src);
  address_set(&socket->peer, v6, diag.id.idiag_dst);
  set_queues(socket, true);
  size_t at = NLMSG_ALIGN(sizeof diag);
  while (at + sizeof(struct rtattr) <= size) {
    const struct rtattr *attribute = (const void *)((const char *)message + at);
    if (attribute->rta_len < sizeof *attribute || attribute->rta_len > size - at)
      break;
    read_attribute(socket, attribute);
    at += RTA_ALIGN(attribute->rta_len);
  }
  return true;
}

/* ---- /proc */

/* An address as 32-bit words in the byte order of the machine: "0100007F:1F90". */
static const char *read_endpoint(const char *at, struct network_address *address, uint16_t *port) {
  uint8_t bytes[16] = {0};
  size_t digits = 0;
  while (isxdigit((unsigned char)at[digits]))
    digits++;
  if ((digits != 8 && digits != 32) || at[digits] != ':')
    return NULL;
  for (size_t i = 0; i < digits / 8; i++) {
    char word[9] = {0};
    memcpy(word, at + 8 * i, 8);
    const uint32_t number = (uint32_t)strtoul(word, NULL, 16);
    memcpy(bytes + 4 * i, &number, sizeof number);
  }
  address_set(address, digits == 32, bytes);
  char *end;
  const unsigned long number = strtoul(at + digits + 1, &end, 16);
  if (end == at + digits + 1 || number > UINT16_MAX)
    return NULL;
  *port = (uint16_t)number;
  return end + strspn(end, " ");
}

/* The words after the addresses: state, queues, timer, retransmits, user, timeout, inode,
 * references, a pointer, and of UDP the drops. */
static bool read_words(struct network_socket *socket, const char *at) {
  enum { STATE, SEND, RECEIVE, TIMER, WHEN, RETRANSMITS, HEX_COUNT };
  enum { USER, TIMEOUT, INODE, DECIMAL_COUNT };
  uint64_t hex[HEX_COUNT] = {0}, decimal[DECIMAL_COUNT] = {0}, last[1] = {0};
  at = network_numbers(at, 16, hex, HEX_COUNT);
  at = network_numbers(at, 10, decimal, DECIMAL_COUNT);
  if (!at)
    return false;
  socket->state = (unsigned)hex[STATE];
  socket->send = (uint32_t)hex[SEND];
  socket->receive = (uint32_t)hex[RECEIVE];
  socket->timer = (unsigned)hex[TIMER];
  socket->retransmits = (unsigned)hex[RETRANSMITS];
  socket->user = (uint32_t)decimal[USER];
  socket->inode = (uint32_t)decimal[INODE];
  set_queues(socket, false);
  at = socket->udp ? network_numbers(at, 10, last, 1) : NULL;
  at = network_numbers(at, 16, last, 1);
  if (network_numbers(at, 10, last, 1))
    socket->drops = (int64_t)last[0];
  return true;
}

bool network_socket_parse(struct network_socket *socket, bool udp, const char *line) {
  *socket = (struct network_socket){.udp = udp};
  const char *at = strchr(line, ':'); /* after the number of the line */
  if (!at || strspn(line, " 0123456789") != (size_t)(at - line))
    return false;
  at = read_endpoint(at + 1 + strspn(at + 1, " "), &socket->local, &socket->local_port);
  if (at)
    at = read_endpoint(at, &socket->peer, &socket->peer_port);
  return at && read_words(socket, at);
}
