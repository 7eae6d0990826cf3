/* The page network.peers: who is connected, and in which states. */
#include "clients/network/network_contract.h"
#include "collectors/network/pages/network_page.h"
#include "core/mem.h"

enum peer_column {
#define COLUMN(name, ...) name,
#include "network_peers.def"
#undef COLUMN
  PEER_COLUMN_COUNT
};
static const struct column_spec columns[PEER_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "network_peers.def"
#undef COLUMN
};
static const struct table_spec peers_table = {.id = NETWORK_PEERS_TABLE,
                                              .title = "Peers",
                                              .columns = columns,
                                              .column_count = PEER_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&peers_table};
static const struct page_sort sorts[] = {
    {"most connections", NETWORK_PEERS_TABLE, "connections"},
    {"most in CLOSE_WAIT", NETWORK_PEERS_TABLE, "close_wait"},
    {"longest send queue", NETWORK_PEERS_TABLE, "send"},
};

static uint64_t address_hash(const void *key) {
  return network_address_hash(MAP_HASH, key);
}

static bool address_same(const void *a, const void *b) {
  return network_address_same(a, b);
}

static struct network_peer *peer_of(struct network_gather *gather,
                                    const struct network_address *address) {
  const struct map_slot *slot = map_find(&gather->by_address, address);
  if (slot)
    return &gather->peers[slot->value];
  if (gather->count == NETWORK_GATHERED_MAX)
    return NULL;
  struct network_peer *peer = &gather->peers[gather->count];
  *peer = (struct network_peer){.address = *address};
  map_add(&gather->by_address, &peer->address, gather->count++);
  return peer;
}

static void each(void *arg, const struct network_socket *socket) {
  struct network_gather *gather = arg;
  if (!gather->peers) { /* the keys of the map must not move; untouched, it takes no memory */
    gather->peers = mem_new(NETWORK_GATHERED_MAX * sizeof *gather->peers);
    gather->by_address = (struct map){.hash = address_hash, .same = address_same};
  }
  struct network_peer *peer = peer_of(gather, &socket->peer);
  if (!peer) {
    gather->beyond++;
    return;
  }
  peer->states[socket->state < NETWORK_STATE_COUNT ? socket->state : 0]++;
  peer->incoming += network_listener_of(&gather->reading->count, socket) != NULL;
  peer->receive += socket->receive;
  peer->send += socket->send;
}

static bool add(struct sample *sample, const struct network_peer *peer) {
  char text[NETWORK_ADDRESS_MAX];
  struct row *row =
      sample_row(sample, &sample->tables[0], network_address_text(text, &peer->address), NULL);
  size_t total = 0;
  if (!row)
    return false;
  const size_t *states = peer->states;
  for (size_t i = 0; i < NETWORK_STATE_COUNT; i++)
    total += states[i];
  const size_t counts[PEER_COLUMN_COUNT] = {
      [PEER_TOTAL] = total,
      [PEER_INCOMING] = peer->incoming,
      [PEER_OUTGOING] = total - peer->incoming,
      [PEER_ESTABLISHED] = states[NETWORK_ESTABLISHED],
      [PEER_TIME_WAIT] = states[NETWORK_TIME_WAIT],
      [PEER_CLOSE_WAIT] = states[NETWORK_CLOSE_WAIT],
      [PEER_SYN] = states[NETWORK_SYN_SENT] + states[NETWORK_SYN_RECV],
      [PEER_CLOSING] = states[NETWORK_FIN_WAIT1] + states[NETWORK_FIN_WAIT2] +
                       states[NETWORK_CLOSING] + states[NETWORK_LAST_ACK],
      [PEER_SEND] = peer->send,
      [PEER_RECEIVE] = peer->receive,
  };
  row->cells[PEER_ADDRESS] = value_text(row->key);
  for (size_t i = PEER_TOTAL; i < PEER_COLUMN_COUNT; i++)
    row->cells[i] = value_int((int64_t)counts[i]);
  return true;
}

static bool fill(struct sample *sample, const struct network_reading *reading,
                 const struct network_gather *gather, const struct page_focus *focus,
                 struct err *err) {
  (void)reading;
  (void)err;
  for (size_t i = 0; i < gather->count && add(sample, &gather->peers[i]); i++)
    ;
  network_page_cut(sample, &sample->tables[0], focus, gather->count);
  if (gather->beyond > 0)
    sample_note(sample, peers_table.id, NULL,
                "more than %d addresses: %zu connections of others are not shown",
                NETWORK_GATHERED_MAX, gather->beyond);
  return true;
}

static const struct network_page own = {.each = each, .fill = fill};

const struct page page_network_peers = {
    .spec = {.id = "network.peers",
             .kind = NETWORK_KIND,
             .title = "Peers",
             .question = "Who is connected, and in which states?",
             .cost = "a list of all sockets every 2s: 0.3s for 100,000",
             PAGE_TABLES(tables),
             PAGE_SORTS(sorts)},
    .watch = &network_page_watch,
    .own = &own,
};
