/* The page network.sockets: the connections of a listener, or with a peer. */
#include "clients/network/network_contract.h"
#include "collectors/network/pages/network_page.h"
#include "core/mem.h"

#include <arpa/inet.h>
#include <string.h>

enum socket_column {
#define COLUMN(name, ...) name,
#include "network_sockets.def"
#undef COLUMN
  SOCKET_COLUMN_COUNT
};
static const struct column_spec columns[SOCKET_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "network_sockets.def"
#undef COLUMN
};
static const struct table_spec sockets_table = {
    .id = "sockets", .title = "Sockets", .columns = columns, .column_count = SOCKET_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&sockets_table};
static const struct page_sort sorts[] = {{"state", "sockets", "state"},
                                         {"longest send queue", "sockets", "send"},
                                         {"longest receive queue", "sockets", "receive"},
                                         {"most retries", "sockets", "retransmits"}};

/* ---- which, on the thread */

/* The key of an interface-bound listener has the name of its interface: without the list of
 * interfaces, what stands between % and the port is not compared. */
static bool is_label(const char *wanted, const struct network_socket *socket) {
  char label[2 * NETWORK_ADDRESS_MAX];
  network_listener_label(label, socket, NULL);
  const char *device = strchr(wanted, '%');
  if (!device || socket->interface == 0)
    return !device && strcmp(label, wanted) == 0;
  const size_t before = (size_t)(device - wanted);
  const char *after = device + strcspn(device, "]:");
  return strncmp(label, wanted, before) == 0 && strcmp(label + before, after) == 0;
}

static const struct network_listener *listener_named(const struct network_count *count,
                                                     const char *key) {
  for (size_t i = 0; i < count->listener_count; i++)
    if (is_label(key, &count->listeners[i].socket))
      return &count->listeners[i];
  return NULL;
}

static bool address_parse(struct network_address *address, const char *text) {
  address->v6 = strchr(text, ':') != NULL;
  return inet_pton(address->v6 ? AF_INET6 : AF_INET, text, address->bytes) == 1;
}

static void each(void *arg, const struct network_socket *socket) {
  struct network_gather *gather = arg;
  const bool of_listener = strcmp(gather->table, NETWORK_LISTENERS_TABLE) == 0;
  if (!gather->sockets) {
    gather->sockets = mem_new(NETWORK_GATHERED_MAX * sizeof *gather->sockets);
    gather->listener = of_listener ? listener_named(&gather->reading->count, gather->key) : NULL;
    gather->refused = of_listener ? !gather->listener : !address_parse(&gather->peer, gather->key);
  }
  if (gather->refused ||
      (of_listener ? network_listener_of(&gather->reading->count, socket) != gather->listener
                   : !network_address_same(&gather->peer, &socket->peer)))
    return;
  if (gather->count == NETWORK_GATHERED_MAX)
    gather->beyond++;
  else
    gather->sockets[gather->count++] = *socket;
}

/* ---- rows */

static void fill_owner(struct sample *sample, const struct network_reading *reading,
                       const struct network_socket *socket, struct value *cells) {
  const struct network_owner *owner = network_owner_of(&reading->owners, socket->inode);
  if (owner && owner->pid > 0) {
    cells[SOCKET_PROCESS] =
        *owner->program ? value_text(sample_copy(sample, owner->program)) : value_none("has ended");
    cells[SOCKET_PID] = value_int(owner->pid);
    return;
  }
  const bool open = socket->state == NETWORK_ESTABLISHED || socket->state == NETWORK_CLOSE_WAIT;
  const char *none = socket->inode == 0 ? (open ? "not accepted yet" : NULL)
                     : !owner           ? "more connections than are searched for"
                     : reading->owners.unreadable > 0
                         ? "needs root, or the user of the process"
                         : "no process that is seen from here has it open";
  cells[SOCKET_PROCESS] = cells[SOCKET_PID] = value_none(none);
}

static bool add(struct sample *sample, const struct network_reading *reading,
                const struct network_socket *socket) {
  char peer[NETWORK_ADDRESS_MAX], local[NETWORK_ADDRESS_MAX];
  network_endpoint_text(peer, &socket->peer, socket->peer_port);
  network_endpoint_text(local, &socket->local, socket->local_port);
  struct row *row =
      sample_row(sample, &sample->tables[0], sample_printf(sample, "%s to %s", peer, local), NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  cells[SOCKET_PEER] = value_text(sample_copy(sample, peer));
  cells[SOCKET_LOCAL] = value_text(sample_copy(sample, local));
  cells[SOCKET_STATE] = value_text(network_state_name(socket->state));
  cells[SOCKET_RECEIVE] = value_int(socket->receive);
  cells[SOCKET_SEND] = value_int(socket->send);
  cells[SOCKET_RETRANSMITS] = value_int(socket->retransmits);
  cells[SOCKET_USER] = socket->inode == 0
                           ? value_none(NULL)
                           : value_text(network_user(sample, &reading->passwd, socket->user));
  fill_owner(sample, reading, socket, cells);
  return true;
}

/* A socket of UDP has no connections. */
static bool about(const char *table, const char *key) {
  const size_t length = strlen(key);
  return strcmp(table, NETWORK_LISTENERS_TABLE) != 0 || length < 4 ||
         strcmp(key + length - 4, "/udp") != 0;
}

static bool fill(struct sample *sample, const struct network_reading *reading,
                 const struct network_gather *gather, const struct page_focus *focus,
                 struct err *err) {
  const bool of_listener = strcmp(gather->table, NETWORK_LISTENERS_TABLE) == 0;
  if (!about(gather->table, gather->key))
    return err_set(err, ERR_INVALID, "%.100s is a socket of UDP: it has no connections",
                   gather->key);
  if (of_listener && !listener_named(&reading->count, gather->key))
    return err_set(err, ERR_INVALID, "nothing listens on %.100s any more", gather->key);
  for (size_t i = 0; i < gather->count && add(sample, reading, &gather->sockets[i]); i++)
    ;
  network_page_cut(sample, &sample->tables[0], focus, gather->count + gather->beyond);
  return true;
}

static const struct network_page own = {.each = each, .owners = true, .fill = fill};

const struct page page_network_sockets = {
    .spec = {.id = "network.sockets",
             .kind = NETWORK_KIND,
             .row_of = NETWORK_LISTENERS_TABLE,
             .also_of = NETWORK_PEERS_TABLE,
             .about = about,
             .title = "Sockets",
             .question = "Which connections are there, and do they move?",
             .cost = "all sockets every 2s, and a search for their processes",
             PAGE_TABLES(tables),
             PAGE_SORTS(sorts)},
    .watch = &network_page_watch,
    .own = &own,
};
