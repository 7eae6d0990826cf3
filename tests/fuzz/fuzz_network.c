/* Exercises what the kernel says about the network: messages of sock_diag and rtnetlink, lines and
 * files of /proc. The first byte chooses. Holds: a socket that was read has an address and a label
 * that fit; names are terminated; a number is never below -1; ports that are listed are within the
 * range. */
#include "fuzz.h"

#include "clients/network/network_links.h"
#include "clients/network/network_owner.h"
#include "clients/network/network_stack.h"
#include "collectors/network/network_count.h"

static void check_socket(struct network_count *count, const struct network_socket *socket) {
  char label[2 * NETWORK_ADDRESS_MAX], text[NETWORK_ADDRESS_MAX];
  assert(strlen(network_listener_label(label, socket, "eth0")) < sizeof label);
  assert(strlen(network_endpoint_text(text, &socket->peer, socket->peer_port)) < sizeof text);
  assert(*network_state_name(socket->state));
  assert(socket->backlog >= -1 && socket->drops >= -1 && socket->buffer >= -1);
  const double share = network_queue_share(socket);
  assert((share >= 0 && share <= 1) || share == -1);
  network_count_listener(count, socket);
  network_count_connection(count, socket);
  const struct network_destination *busiest = network_busiest(count);
  assert(!busiest || busiest->used >= busiest->waiting);
}

static void check_link(const struct network_link *link) {
  assert(*link->name && memchr(link->name, 0, sizeof link->name));
  assert(memchr(link->kind, 0, sizeof link->kind));
}

static void check_texts(const char *text) {
  struct network_link link;
  const int64_t listed = network_ports_listed(text, 32768, 60999);
  assert(listed >= 0);
  assert(network_counter(text, "TcpExt:", "ListenDrops") >= -1);
  assert(network_files_limit(text) >= -1);
  network_socket_inode(text);
  if (network_link_parse(&link, text))
    check_link(&link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct network_count count;
  struct network_socket socket;
  struct network_link link;
  if (size == 0)
    return 0;
  const size_t length = size - 1;
  char *copy = malloc(length + 1); /* aligned, as a message is */
  memcpy(copy, data + 1, length);
  copy[length] = '\0';
  network_count_init(&count, 32768, 60999, data[0] & 3);
  if (network_socket_read(&socket, data[0] & 1, copy, length))
    check_socket(&count, &socket);
  if (network_socket_parse(&socket, data[0] & 1, copy))
    check_socket(&count, &socket);
  if (network_link_read(&link, copy, length))
    check_link(&link);
  check_texts(copy);
  network_count_fini(&count);
  free(copy);
  return 0;
}
