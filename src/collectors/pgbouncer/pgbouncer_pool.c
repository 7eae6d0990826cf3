/* The page pgbouncer.pool: the server connections of a pool with the clients that have them, and
 * the clients that wait. */
#include "clients/postgres/pgbouncer_contract.h"
#include "collectors/pgbouncer/pgbouncer_watch.h"
#include "core/map.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum client_column {
#include "pgbouncer_clients.def"
  CLIENT_COLUMN_COUNT
};
enum server_column {
#include "pgbouncer_servers.def"
  SERVER_COLUMN_COUNT
};
#undef COLUMN

#define COLUMN(name, ...) [name] = {__VA_ARGS__},
static const struct column_spec client_columns[CLIENT_COLUMN_COUNT] = {
#include "pgbouncer_clients.def"
};
static const struct column_spec server_columns[SERVER_COLUMN_COUNT] = {
#include "pgbouncer_servers.def"
};
#undef COLUMN

static const struct table_spec servers_table = {.id = "servers",
                                                .title = "Server connections",
                                                .columns = server_columns,
                                                .column_count = SERVER_COLUMN_COUNT};
static const struct table_spec clients_table = {.id = "clients",
                                                .title = "Clients",
                                                .columns = client_columns,
                                                .column_count = CLIENT_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&servers_table, &clients_table};

struct pool_page {
  struct pgbouncer_watch base; /* first */
  const struct pgbouncer_pool *pool;
  bool forced; /* the database has a user of its own: all its clients are of this pool */
  struct pgbouncer_sockets servers, clients;
};

enum { SHOW_POOLS, SHOW_DATABASES, SHOW_SERVERS, SHOW_CLIENTS, COMMAND_COUNT };

/* ---- reading */

static bool pool_take(struct pool_page *page, const struct pg_rows *rows, struct err *err) {
  struct arena *arena = &page->base.arena;
  const char *key = page->base.watch.focus->key ? page->base.watch.focus->key : "";
  struct pgbouncer_pools pools;
  if (!pgbouncer_pools_read(rows, arena, &pools, err))
    return false;
  for (size_t i = 0; i < pools.count; i++) {
    page->pool = &pools.items[i];
    if (strcmp(pgbouncer_pool_key(arena, page->pool->database, page->pool->user), key) == 0)
      return true;
  }
  return err_set(err, ERR_INVALID, "PgBouncer has no pool %.100s now", key);
}

static bool database_take(struct pool_page *page, const struct pg_rows *rows, struct err *err) {
  struct pgbouncer_databases databases;
  if (!pgbouncer_databases_read(rows, &page->base.arena, &databases, err))
    return false;
  const struct pgbouncer_database *database =
      pgbouncer_database_find(&databases, page->pool->database);
  page->forced = database && *database->force_user;
  return true;
}

/* Keeps those of the pool. The user of a client is the one that it logged in as. */
static bool sockets_take(struct pool_page *page, size_t command, const struct pg_rows *rows,
                         struct pgbouncer_sockets *sockets, const char *text, struct err *err) {
  const bool any_user = command == SHOW_CLIENTS && page->forced;
  size_t kept = 0;
  if (!pgbouncer_sockets_read(rows, text, &page->base.arena, sockets, err))
    return false;
  for (size_t i = 0; i < sockets->count; i++)
    if (strcmp(sockets->items[i].database, page->pool->database) == 0 &&
        (any_user || strcmp(sockets->items[i].user, page->pool->user) == 0))
      sockets->items[kept++] = sockets->items[i];
  sockets->count = kept;
  return true;
}

static const char *const texts[COMMAND_COUNT] = {"SHOW POOLS", "SHOW DATABASES", "SHOW SERVERS",
                                                 "SHOW CLIENTS"};

static bool take(struct pgbouncer_watch *watch, size_t command, const struct pg_rows *rows,
                 struct err *err) {
  struct pool_page *page = (struct pool_page *)watch;
  if (!rows)
    return false;
  if (command == SHOW_POOLS)
    return pool_take(page, rows, err);
  if (command == SHOW_DATABASES)
    return database_take(page, rows, err);
  return sockets_take(page, command, rows,
                      command == SHOW_SERVERS ? &page->servers : &page->clients, texts[command],
                      err);
}

/* ---- the rows */

static bool is_waiting(const struct pgbouncer_socket *client) {
  return strcmp(client->state, "waiting") == 0;
}

static double wait_of(const struct pgbouncer_socket *socket) {
  return socket->wait_s < 0
             ? -1
             : (double)socket->wait_s + (socket->wait_us > 0 ? (double)socket->wait_us / 1e6 : 0);
}

/* Those that wait, the longest first, then those with the oldest query. */
static int compare_clients(const void *left, const void *right) {
  const struct pgbouncer_socket *a = left, *b = right;
  if (is_waiting(a) != is_waiting(b))
    return is_waiting(a) ? -1 : 1;
  if (wait_of(a) != wait_of(b))
    return wait_of(a) > wait_of(b) ? -1 : 1;
  if ((*a->link != '\0') != (*b->link != '\0'))
    return *a->link ? -1 : 1;
  return strcmp(a->ptr, b->ptr);
}

static int compare_servers(const void *left, const void *right) {
  const struct pgbouncer_socket *a = left, *b = right;
  if ((*a->link != '\0') != (*b->link != '\0'))
    return *a->link ? -1 : 1;
  return a->remote_pid != b->remote_pid ? (a->remote_pid < b->remote_pid ? -1 : 1)
                                        : strcmp(a->ptr, b->ptr);
}

static struct value text_or_none(struct sample *sample, const char *text) {
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static struct value place_of(struct sample *sample, const struct pgbouncer_socket *socket) {
  if (!*socket->address || strcmp(socket->address, "unix") == 0 || socket->port <= 0)
    return value_text(sample_printf(sample, "%s", *socket->address ? socket->address : "unix"));
  return value_text(sample_printf(sample,
                                  strchr(socket->address, ':') ? "[%s]:%" PRId64 : "%s:%" PRId64,
                                  socket->address, socket->port));
}

static struct value seconds_or(double seconds) {
  return seconds < 0 ? value_none("not reported by this version") : value_real(seconds);
}

/* wait of a linked client counts from its query; it is 0 without one. */
static struct value query_age(const struct pgbouncer_socket *client) {
  const double age = wait_of(client);
  return is_waiting(client) || !*client->link || age == 0 ? value_none(NULL) : seconds_or(age);
}

static struct value session_of(struct sample *sample, const struct pgbouncer_socket *server) {
  return server->remote_pid > 0
             ? value_text(sample_printf(sample, "pid %" PRId64, server->remote_pid))
             : value_text("not logged in");
}

static void client_fill(struct sample *sample, struct row *row,
                        const struct pgbouncer_socket *client,
                        const struct pgbouncer_socket *server) {
  struct value *cells = row->cells;
  cells[CLIENT_NAME] = place_of(sample, client);
  cells[CLIENT_STATE] = text_or_none(sample, client->state);
  cells[CLIENT_WAIT] = is_waiting(client) ? seconds_or(wait_of(client)) : value_none(NULL);
  cells[CLIENT_QUERY] = query_age(client);
  cells[CLIENT_SERVER] = server ? session_of(sample, server) : value_none(NULL);
  cells[CLIENT_APPLICATION] = text_or_none(sample, client->application);
  cells[CLIENT_CONNECTED] = text_or_none(sample, client->connected);
}

static void server_fill(struct sample *sample, struct row *row,
                        const struct pgbouncer_socket *server,
                        const struct pgbouncer_socket *client) {
  struct value *cells = row->cells;
  cells[SERVER_NAME] = session_of(sample, server);
  cells[SERVER_STATE] = text_or_none(sample, server->state);
  cells[SERVER_CLIENT] = client ? place_of(sample, client) : value_none(NULL);
  cells[SERVER_QUERY] = client ? query_age(client) : value_none(NULL);
  cells[SERVER_APPLICATION] = client ? text_or_none(sample, client->application) : value_none(NULL);
  cells[SERVER_CLOSING] = server->close_needed > 0 ? value_text("once released") : value_none(NULL);
  cells[SERVER_CONNECTED] = text_or_none(sample, server->connected);
}

/* By the address of the socket in PgBouncer, which is its identity while it lives. */
static void index_by_ptr(struct map *map, const struct pgbouncer_sockets *sockets) {
  for (size_t i = 0; i < sockets->count; i++)
    map_add(map, sockets->items[i].ptr, i);
}

static const struct pgbouncer_socket *linked(const struct map *map,
                                             const struct pgbouncer_sockets *sockets,
                                             const struct pgbouncer_socket *socket) {
  const struct map_slot *slot = *socket->link ? map_find(map, socket->link) : NULL;
  return slot ? &sockets->items[slot->value] : NULL;
}

typedef void (*socket_fill)(struct sample *sample, struct row *row,
                            const struct pgbouncer_socket *socket,
                            const struct pgbouncer_socket *other);

/* At most focus->rows. */
static void table_fill(const struct pgbouncer_watch *watch, struct sample *sample, size_t table,
                       const struct pgbouncer_sockets *sockets, const struct map *links,
                       const struct pgbouncer_sockets *others, socket_fill fill) {
  const size_t limit = watch->watch.focus->rows ? watch->watch.focus->rows : PAGE_ROWS_DEFAULT;
  struct table *into = &sample->tables[table];
  struct map keys = {.slots = NULL};
  for (size_t i = 0; i < sockets->count && i < limit; i++) {
    const struct pgbouncer_socket *socket = &sockets->items[i];
    const bool is_new = map_add(&keys, socket->ptr, i);
    struct row *row = is_new ? sample_row(sample, into, socket->ptr, NULL) : NULL;
    if (row)
      fill(sample, row, socket, linked(links, others, socket));
  }
  map_fini(&keys);
  if (sockets->count > limit)
    sample_note(sample, tables[table]->id, NULL, "%zu of %zu shown, those that wait first", limit,
                sockets->count);
}

static struct sample *make(struct pgbouncer_watch *watch) {
  struct pool_page *page = (struct pool_page *)watch;
  struct sample *sample = sample_new(tables, sizeof tables / sizeof *tables);
  struct map by_server = {.slots = NULL}, by_client = {.slots = NULL};
  qsort(page->servers.items, page->servers.count, sizeof *page->servers.items, compare_servers);
  qsort(page->clients.items, page->clients.count, sizeof *page->clients.items, compare_clients);
  index_by_ptr(&by_server, &page->servers);
  index_by_ptr(&by_client, &page->clients);
  table_fill(watch, sample, 0, &page->servers, &by_client, &page->clients, server_fill);
  table_fill(watch, sample, 1, &page->clients, &by_server, &page->servers, client_fill);
  map_fini(&by_server);
  map_fini(&by_client);
  return sample;
}

/* ---- the page */

static const struct pgbouncer_commands commands = {
    .texts = texts, .count = COMMAND_COUNT, .take = take, .make = make};

static bool init(void *self, struct err *err) {
  struct pool_page *page = self;
  page->base.commands = &commands;
  return pgbouncer_watch_init(&page->base, err);
}

static const struct watch_kind watch_kind = {.size = sizeof(struct pool_page),
                                             .init = init,
                                             .ask = pgbouncer_watch_ask,
                                             .rest = pgbouncer_watch_rest,
                                             .forget = pgbouncer_watch_forget,
                                             .end = pgbouncer_watch_end};

const struct page page_pgbouncer_pool = {
    .spec = {.id = "pgbouncer.pool",
             .kind = "pgbouncer",
             .row_of = PGBOUNCER_POOLS_TABLE,
             .title = "Pool",
             .question = "Who waits, and who has the server connections?",
             .cost = "4 SHOW commands per interval; no query on the server",
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &watch_kind,
};
