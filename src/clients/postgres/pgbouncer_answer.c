#include "clients/postgres/pgbouncer_answer.h"

#include "clients/postgres/pgbouncer_contract.h"
#include "core/count.h"
#include "core/number.h"

#include <stddef.h>
#include <string.h>

/* A part of a version, 0 to 99, and the dot after it. */
static int part_of(const char **at) {
  int part = 0;
  for (int digits = 0; digits < 2 && **at >= '0' && **at <= '9'; digits++, (*at)++)
    part = part * 10 + (**at - '0');
  *at += **at == '.';
  return part;
}

int pgbouncer_version(const char *server_version) {
  const char *at = server_version;
  if (!strstr(server_version, "bouncer"))
    return 0;
  int version = 0;
  for (int i = 0; i < 3; i++)
    version = version * 100 + part_of(&at);
  return version;
}

/* ---- rows by the names of their columns */

/* A member of the struct that a row is read into. */
struct field {
  const char *name, *also; /* also: its name in other versions; or NULL */
  size_t at;
  bool is_text;
};
#define NUMBER(type, member, ...) \
  { __VA_ARGS__, offsetof(struct type, member), false }
#define TEXT(type, member, ...) \
  { __VA_ARGS__, offsetof(struct type, member), true }

static int column_of(const struct pg_rows *rows, const char *name) {
  for (size_t i = 0; name && rows->names && i < rows->columns; i++)
    if (strcmp(rows->names[i], name) == 0)
      return (int)i;
  return -1;
}

static void field_set(void *item, const struct field *field, const char *cell,
                      struct arena *arena) {
  char *member = (char *)item + field->at;
  int64_t number = PGBOUNCER_UNKNOWN;
  if (field->is_text) {
    const char *text = cell ? arena_text(arena, cell, strlen(cell)) : "";
    memcpy(member, &text, sizeof text);
  } else {
    if (!number_count(cell, &number))
      number = PGBOUNCER_UNKNOWN;
    memcpy(member, &number, sizeof number);
  }
}

enum { FIELDS_MAX = 24 };

struct shape {
  const struct field *fields; /* the first names the row, and must be there */
  size_t count, size;
  const char *what;
};

/* The items; *count of them. NULL with err. */
static void *rows_read(const struct pg_rows *rows, const struct shape *shape, struct arena *arena,
                       size_t *count, struct err *err) {
  int columns[FIELDS_MAX];
  for (size_t i = 0; i < shape->count; i++) {
    columns[i] = column_of(rows, shape->fields[i].name);
    if (columns[i] < 0)
      columns[i] = column_of(rows, shape->fields[i].also);
  }
  if (columns[0] < 0) {
    err_set(err, ERR_PROTOCOL, "PgBouncer's answer to %s has no column \"%s\"", shape->what,
            shape->fields[0].name);
    return NULL;
  }
  char *items = arena_alloc(arena, (rows->rows + 1) * shape->size);
  *count = 0;
  for (size_t row = 0; items && row < rows->rows; row++) {
    const char *name = pg_cell(rows, row, (size_t)columns[0]);
    if (!name || strcmp(name, PGBOUNCER_CONSOLE) == 0)
      continue;
    char *item = items + (*count)++ * shape->size;
    for (size_t i = 0; i < shape->count; i++)
      field_set(item, &shape->fields[i],
                columns[i] >= 0 ? pg_cell(rows, row, (size_t)columns[i]) : NULL, arena);
  }
  if (!items || arena->exhausted) {
    err_set(err, ERR_LIMIT, "PgBouncer's answer to %s is too large", shape->what);
    return NULL;
  }
  return items;
}

#define SHAPE(fields_, type, what_)                                    \
  {                                                                    \
    .fields = (fields_), .count = sizeof(fields_) / sizeof *(fields_), \
    .size = sizeof(struct type), .what = (what_)                       \
  }

bool pgbouncer_pools_read(const struct pg_rows *rows, struct arena *arena,
                          struct pgbouncer_pools *pools, struct err *err) {
  static const struct field fields[] = {
      TEXT(pgbouncer_pool, database, "database", NULL),
      TEXT(pgbouncer_pool, user, "user", NULL),
      TEXT(pgbouncer_pool, mode, "pool_mode", NULL),
      NUMBER(pgbouncer_pool, clients, "cl_active", NULL),
      NUMBER(pgbouncer_pool, waiting, "cl_waiting", NULL),
      NUMBER(pgbouncer_pool, cancelling, "cl_active_cancel_req", "cl_cancel_req"),
      NUMBER(pgbouncer_pool, active, "sv_active", NULL),
      NUMBER(pgbouncer_pool, idle, "sv_idle", NULL),
      NUMBER(pgbouncer_pool, used, "sv_used", NULL),
      NUMBER(pgbouncer_pool, tested, "sv_tested", NULL),
      NUMBER(pgbouncer_pool, login, "sv_login", NULL),
      NUMBER(pgbouncer_pool, active_cancel, "sv_active_cancel", NULL),
      NUMBER(pgbouncer_pool, being_cancelled, "sv_being_canceled", NULL),
      NUMBER(pgbouncer_pool, wait_s, "maxwait", NULL),
      NUMBER(pgbouncer_pool, wait_us, "maxwait_us", NULL),
  };
  static const struct shape shape = SHAPE(fields, pgbouncer_pool, "SHOW POOLS");
  pools->items = rows_read(rows, &shape, arena, &pools->count, err);
  return pools->items != NULL;
}

bool pgbouncer_databases_read(const struct pg_rows *rows, struct arena *arena,
                              struct pgbouncer_databases *databases, struct err *err) {
  static const struct field fields[] = {
      TEXT(pgbouncer_database, name, "name", NULL),
      TEXT(pgbouncer_database, host, "host", NULL),
      TEXT(pgbouncer_database, database, "database", NULL),
      TEXT(pgbouncer_database, force_user, "force_user", NULL),
      TEXT(pgbouncer_database, mode, "pool_mode", NULL),
      NUMBER(pgbouncer_database, port, "port", NULL),
      NUMBER(pgbouncer_database, pool_size, "pool_size", NULL),
      NUMBER(pgbouncer_database, min_pool_size, "min_pool_size", NULL),
      NUMBER(pgbouncer_database, reserve, "reserve_pool_size", "reserve_pool"),
      NUMBER(pgbouncer_database, limit, "max_connections", NULL),
      NUMBER(pgbouncer_database, connections, "current_connections", NULL),
      NUMBER(pgbouncer_database, client_limit, "max_client_connections", NULL),
      NUMBER(pgbouncer_database, clients, "current_client_connections", NULL),
      NUMBER(pgbouncer_database, paused, "paused", NULL),
      NUMBER(pgbouncer_database, disabled, "disabled", NULL),
  };
  static const struct shape shape = SHAPE(fields, pgbouncer_database, "SHOW DATABASES");
  databases->items = rows_read(rows, &shape, arena, &databases->count, err);
  return databases->items != NULL;
}

bool pgbouncer_stats_read(const struct pg_rows *rows, struct arena *arena,
                          struct pgbouncer_all_stats *stats, struct err *err) {
  static const struct field fields[] = {
      TEXT(pgbouncer_stats, database, "database", NULL),
      NUMBER(pgbouncer_stats, xacts, "total_xact_count", NULL),
      NUMBER(pgbouncer_stats, queries, "total_query_count", NULL),
      NUMBER(pgbouncer_stats, received, "total_received", NULL),
      NUMBER(pgbouncer_stats, sent, "total_sent", NULL),
      NUMBER(pgbouncer_stats, xact_us, "total_xact_time", NULL),
      NUMBER(pgbouncer_stats, query_us, "total_query_time", NULL),
      NUMBER(pgbouncer_stats, wait_us, "total_wait_time", NULL),
      NUMBER(pgbouncer_stats, avg_xacts, "avg_xact_count", NULL),
      NUMBER(pgbouncer_stats, avg_queries, "avg_query_count", NULL),
      NUMBER(pgbouncer_stats, avg_xact_us, "avg_xact_time", NULL),
      NUMBER(pgbouncer_stats, avg_query_us, "avg_query_time", NULL),
      NUMBER(pgbouncer_stats, avg_wait_us, "avg_wait_time", NULL),
  };
  static const struct shape shape = SHAPE(fields, pgbouncer_stats, "SHOW STATS");
  stats->items = rows_read(rows, &shape, arena, &stats->count, err);
  return stats->items != NULL;
}

bool pgbouncer_sockets_read(const struct pg_rows *rows, const char *command, struct arena *arena,
                            struct pgbouncer_sockets *sockets, struct err *err) {
  static const struct field fields[] = {
      TEXT(pgbouncer_socket, database, "database", NULL),
      TEXT(pgbouncer_socket, user, "user", NULL),
      TEXT(pgbouncer_socket, state, "state", NULL),
      TEXT(pgbouncer_socket, address, "addr", NULL),
      TEXT(pgbouncer_socket, application, "application_name", NULL),
      TEXT(pgbouncer_socket, connected, "connect_time", NULL),
      TEXT(pgbouncer_socket, ptr, "ptr", NULL),
      TEXT(pgbouncer_socket, link, "link", NULL),
      NUMBER(pgbouncer_socket, port, "port", NULL),
      NUMBER(pgbouncer_socket, remote_pid, "remote_pid", NULL),
      NUMBER(pgbouncer_socket, close_needed, "close_needed", NULL),
      NUMBER(pgbouncer_socket, wait_s, "wait", NULL),
      NUMBER(pgbouncer_socket, wait_us, "wait_us", NULL),
  };
  const struct shape shape = SHAPE(fields, pgbouncer_socket, command);
  sockets->items = rows_read(rows, &shape, arena, &sockets->count, err);
  return sockets->items != NULL;
}

/* ---- lists of names and values */

/* One item, whose members are the rows. */
static bool pairs_read(const struct pg_rows *rows, const char *key, const char *value,
                       const struct shape *shape, struct arena *arena, void *item,
                       struct err *err) {
  const int name_at = column_of(rows, key), value_at = column_of(rows, value);
  if (name_at < 0 || value_at < 0)
    return err_set(err, ERR_PROTOCOL, "PgBouncer's answer to %s has no columns \"%s\" and \"%s\"",
                   shape->what, key, value);
  for (size_t i = 0; i < shape->count; i++)
    field_set(item, &shape->fields[i], NULL, arena);
  for (size_t row = 0; row < rows->rows; row++) {
    const char *name = pg_cell(rows, row, (size_t)name_at);
    for (size_t i = 0; name && i < shape->count; i++)
      if (strcmp(name, shape->fields[i].name) == 0)
        field_set(item, &shape->fields[i], pg_cell(rows, row, (size_t)value_at), arena);
  }
  return !arena->exhausted ||
         err_set(err, ERR_LIMIT, "PgBouncer's answer to %s is too large", shape->what);
}

bool pgbouncer_lists_read(const struct pg_rows *rows, struct arena *arena,
                          struct pgbouncer_lists *lists, struct err *err) {
  static const struct field fields[] = {
      NUMBER(pgbouncer_lists, used_clients, "used_clients", NULL),
      NUMBER(pgbouncer_lists, login_clients, "login_clients", NULL),
      NUMBER(pgbouncer_lists, databases, "databases", NULL),
      NUMBER(pgbouncer_lists, pools, "pools", NULL),
      NUMBER(pgbouncer_lists, dns_pending, "dns_pending", NULL),
  };
  static const struct shape shape = SHAPE(fields, pgbouncer_lists, "SHOW LISTS");
  return pairs_read(rows, "list", "items", &shape, arena, lists, err);
}

bool pgbouncer_config_read(const struct pg_rows *rows, struct arena *arena,
                           struct pgbouncer_config *config, struct err *err) {
  static const struct field fields[] = {
      NUMBER(pgbouncer_config, max_clients, "max_client_conn", NULL),
      NUMBER(pgbouncer_config, query_wait_timeout_s, "query_wait_timeout", NULL),
      NUMBER(pgbouncer_config, listen_port, "listen_port", NULL),
      NUMBER(pgbouncer_config, so_reuseport, "so_reuseport", NULL),
      TEXT(pgbouncer_config, admin_users, "admin_users", NULL),
      TEXT(pgbouncer_config, file, "conffile", NULL),
      TEXT(pgbouncer_config, pid_file, "pidfile", NULL),
      TEXT(pgbouncer_config, pool_mode, "pool_mode", NULL),
  };
  static const struct shape shape = SHAPE(fields, pgbouncer_config, "SHOW CONFIG");
  return pairs_read(rows, "key", "value", &shape, arena, config, err);
}

bool pgbouncer_mode_read(const struct pg_rows *rows, struct pgbouncer_mode *mode, struct err *err) {
  const int key = column_of(rows, "key"), value = column_of(rows, "value");
  *mode = (struct pgbouncer_mode){.paused = false};
  if (key < 0 || value < 0)
    return err_set(err, ERR_PROTOCOL,
                   "PgBouncer's answer to SHOW STATE has no columns \"key\" and \"value\"");
  for (size_t row = 0; row < rows->rows; row++) {
    const char *name = pg_cell(rows, row, (size_t)key), *word = pg_cell(rows, row, (size_t)value);
    const bool on = word && strcmp(word, "yes") == 0;
    if (name && strcmp(name, "paused") == 0)
      mode->paused = on;
    else if (name && strcmp(name, "suspended") == 0)
      mode->suspended = on;
  }
  return true;
}

bool pgbouncer_marked_servers(const struct pg_rows *rows, const char *database, int64_t *count,
                              struct err *err) {
  const int name = column_of(rows, "database"), mark = column_of(rows, "close_needed");
  *count = 0;
  if (rows->rows > 0 && (name < 0 || mark < 0))
    return err_set(err, ERR_PROTOCOL,
                   "PgBouncer's answer to SHOW SERVERS has no columns \"database\" and "
                   "\"close_needed\"");
  for (size_t row = 0; row < rows->rows; row++) {
    const char *of = pg_cell(rows, row, (size_t)name), *word = pg_cell(rows, row, (size_t)mark);
    *count += of && word && strcmp(of, database) == 0 && strcmp(word, "1") == 0;
  }
  return true;
}

/* ---- what follows from them */

int64_t pgbouncer_open_servers(const struct pgbouncer_pool *pool) {
  const int64_t counts[] = {pool->active, pool->idle,          pool->used,
                            pool->tested, pool->active_cancel, pool->being_cancelled};
  int64_t sum = 0;
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    sum = count_add(sum, counts[i] > 0 ? counts[i] : 0);
  return sum;
}

/* "ops, watcher" */
static bool has_word(const char *list, const char *user) {
  const size_t length = strlen(user);
  for (const char *at = list + strspn(list, ", \t"); *at;) {
    const size_t word = strcspn(at, ", \t");
    if (word == length && strncmp(at, user, word) == 0)
      return true;
    at += word;
    at += strspn(at, ", \t");
  }
  return false;
}

bool pgbouncer_is_admin(const struct pgbouncer_config *config, const char *user,
                        const char *address) {
  return has_word(config->admin_users, user) ||
         (*address == '/' && strcmp(user, PGBOUNCER_CONSOLE) == 0);
}

const struct pgbouncer_database *
pgbouncer_database_find(const struct pgbouncer_databases *databases, const char *name) {
  for (size_t i = 0; i < databases->count; i++)
    if (strcmp(databases->items[i].name, name) == 0)
      return &databases->items[i];
  return NULL;
}
