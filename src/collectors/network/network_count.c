#include "collectors/network/network_count.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t destination_hash(const void *key) {
  const struct network_destination *destination = key;
  uint64_t hash = map_hash_number(MAP_HASH, destination->port);
  hash = network_address_hash(hash, &destination->local);
  return network_address_hash(hash, &destination->peer);
}

static bool destination_same(const void *a, const void *b) {
  const struct network_destination *left = a, *right = b;
  return left->port == right->port && network_address_same(&left->peer, &right->peer) &&
         network_address_same(&left->local, &right->local);
}

void network_count_init(struct network_count *count, int64_t ports_first, int64_t ports_last,
                        int64_t reuse) {
  *count = (struct network_count){.ports_first = ports_first,
                                  .ports_last = ports_last,
                                  .reuse = reuse,
                                  .destinations = {destination_hash, destination_same, NULL, 0, 0}};
  count->by_port = mem_new(NETWORK_PORTS * sizeof *count->by_port);
  /* the keys of the map must not move; untouched, it takes no memory */
  count->items = mem_new(NETWORK_DESTINATIONS_MAX * sizeof *count->items);
}

void network_count_fini(struct network_count *count) {
  free(count->listeners);
  free(count->by_port);
  free(count->items);
  map_fini(&count->destinations);
  *count = (struct network_count){0};
}

double network_queue_share(const struct network_socket *socket) {
  const int64_t most = socket->udp ? socket->buffer : socket->backlog;
  if (most < 0)
    return -1;
  const double share = (double)socket->receive / (double)(most > 0 ? most : 1);
  return share < 1 ? share : 1;
}

/* ---- listeners */

static bool is_same_listener(const struct network_socket *a, const struct network_socket *b) {
  return a->udp == b->udp && a->local_port == b->local_port && a->interface == b->interface &&
         network_address_same(&a->local, &b->local) && a->only_v6 == b->only_v6;
}

static void listener_join(struct network_listener *listener, const struct network_socket *socket) {
  listener->sockets++;
  listener->drops = listener->drops < 0 || socket->drops < 0 ? -1 : listener->drops + socket->drops;
  if (network_queue_share(socket) > network_queue_share(&listener->socket))
    listener->socket = *socket;
}

void network_count_listener(struct network_count *count, const struct network_socket *socket) {
  uint32_t *first = &count->by_port[socket->local_port];
  for (size_t i = *first; i > 0; i = count->listeners[i - 1].next)
    if (is_same_listener(&count->listeners[i - 1].socket, socket)) {
      listener_join(&count->listeners[i - 1], socket);
      return;
    }
  if (count->listener_count == NETWORK_LISTENERS_MAX) {
    count->listeners_cut = true;
    return;
  }
  if (count->listener_count % 64 == 0)
    count->listeners =
        mem_resize(count->listeners, (count->listener_count + 64) * sizeof *count->listeners);
  count->listeners[count->listener_count++] = (struct network_listener){
      .socket = *socket, .sockets = 1, .drops = socket->drops, .next = *first};
  *first = (uint32_t)count->listener_count;
}

/* How well it fits: the kernel gives a connection to the most exact one. */
static int fit_of(const struct network_socket *listener, const struct network_socket *socket) {
  if (listener->udp)
    return 0;
  if (network_address_same(&listener->local, &socket->local))
    return 3;
  if (!network_address_is_any(&listener->local))
    return 0;
  if (listener->local.v6 == socket->local.v6)
    return 2;
  return listener->local.v6 && !listener->only_v6;
}

struct network_listener *network_listener_of(const struct network_count *count,
                                             const struct network_socket *socket) {
  struct network_listener *best = NULL;
  int best_fit = 0;
  for (size_t i = count->by_port[socket->local_port]; i > 0; i = count->listeners[i - 1].next) {
    const int fit = fit_of(&count->listeners[i - 1].socket, socket);
    if (fit > best_fit) {
      best = &count->listeners[i - 1];
      best_fit = fit;
    }
  }
  return best;
}

/* ---- connections */

bool network_is_ephemeral(const struct network_count *count, const struct network_socket *socket) {
  return count->ports_first >= 0 && socket->local_port >= count->ports_first &&
         socket->local_port <= count->ports_last;
}

/* The kernel gives the port of a connection in TIME_WAIT to a new one if it may (tcp_tw_reuse). */
static bool holds_its_port(const struct network_count *count, const struct network_socket *socket) {
  return socket->state != NETWORK_TIME_WAIT || count->reuse <= 0 ||
         (count->reuse == 2 && !network_address_is_loopback(&socket->peer));
}

static void destination_add(struct network_count *count, const struct network_socket *socket) {
  const struct network_destination wanted = {socket->local, socket->peer, socket->peer_port, 0, 0};
  const struct map_slot *slot = map_find(&count->destinations, &wanted);
  size_t at = slot ? slot->value : count->item_count;
  if (at == NETWORK_DESTINATIONS_MAX) {
    count->destinations_cut = true;
    return;
  }
  if (!slot) {
    count->items[count->item_count++] = wanted;
    map_add(&count->destinations, &count->items[at], at);
  }
  count->items[at].used++;
  count->items[at].waiting += socket->state == NETWORK_TIME_WAIT;
}

void network_count_connection(struct network_count *count, const struct network_socket *socket) {
  const unsigned state = socket->state < NETWORK_STATE_COUNT ? socket->state : 0;
  struct network_listener *listener = network_listener_of(count, socket);
  count->states[state]++;
  if (listener) {
    listener->states[state]++;
    count->incoming[state]++;
  } else if (network_is_ephemeral(count, socket) && holds_its_port(count, socket)) {
    destination_add(count, socket);
  }
}

const struct network_destination *network_busiest(const struct network_count *count) {
  const struct network_destination *busiest = NULL;
  for (size_t i = 0; i < count->item_count; i++)
    if (!busiest || count->items[i].used > busiest->used)
      busiest = &count->items[i];
  return busiest;
}

const char *network_listener_label(char out[2 * NETWORK_ADDRESS_MAX],
                                   const struct network_socket *socket, const char *device) {
  char text[NETWORK_ADDRESS_MAX];
  network_address_text(text, &socket->local);
  if (network_address_is_any(&socket->local) && socket->local.v6 && !socket->only_v6)
    snprintf(text, sizeof text, "*");
  const bool brackets = socket->local.v6 && *text != '*';
  snprintf(out, 2 * NETWORK_ADDRESS_MAX, "%s%s%s%.32s%s:%u%s", brackets ? "[" : "", text,
           device && *device ? "%" : "", device ? device : "", brackets ? "]" : "",
           socket->local_port, socket->udp ? "/udp" : "");
  return out;
}
