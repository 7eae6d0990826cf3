/* Answers of PgBouncer's console, 1.8 to 1.25. Pure.
 *
 * Versions differ in the columns and in their order, so each is read by its name. What a version
 * does not report is PGBOUNCER_UNKNOWN, or "" for a text. Rows of the console itself are left out.
 * Texts are copied into the arena. */
#pragma once

#include "clients/postgres/pg_rows.h"
#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { PGBOUNCER_UNKNOWN = -1 };

/* 11800 for "1.18.0/bouncer", the server_version of a login to the console; 0 for anything else. */
int pgbouncer_version(const char *server_version);
enum { PGBOUNCER_VERSION_STATE = 11900 }; /* the first with SHOW STATE */

struct pgbouncer_pool {
  const char *database, *user, *mode;
  int64_t clients, waiting, cancelling;      /* cancelling: clients with a request to cancel */
  int64_t active, idle, used, tested, login; /* server connections; used: to be tested before use */
  int64_t active_cancel, being_cancelled;    /* more of them; since 1.18 */
  int64_t wait_s, wait_us;                   /* of the client that waits longest */
};

struct pgbouncer_database {
  const char *name, *host, *database, *force_user, *mode; /* host "": a local socket */
  int64_t port, pool_size, min_pool_size, reserve;
  int64_t limit, connections;    /* limit 0: none */
  int64_t client_limit, clients; /* since 1.24 */
  int64_t paused, disabled;      /* 0 or 1 */
};

struct pgbouncer_stats {
  const char *database;
  int64_t xacts, queries, received, sent;         /* totals */
  int64_t xact_us, query_us, wait_us;             /* totals */
  int64_t avg_xacts, avg_queries;                 /* per second, of the last stats_period */
  int64_t avg_xact_us, avg_query_us, avg_wait_us; /* each; of the last stats_period */
};

/* A client or a server connection. */
struct pgbouncer_socket {
  const char *database, *user, *state, *address, *application;
  const char *connected;  /* "2026-11-27 19:34:16 UTC", by PgBouncer's clock and zone */
  const char *ptr, *link; /* its identity while it lives; that of the other end, or "" */
  int64_t port, remote_pid, close_needed;
  int64_t wait_s, wait_us; /* of a client: since its query */
};

struct pgbouncer_sockets {
  struct pgbouncer_socket *items;
  size_t count;
};
struct pgbouncer_pools {
  struct pgbouncer_pool *items;
  size_t count;
};
struct pgbouncer_databases {
  struct pgbouncer_database *items;
  size_t count;
};
struct pgbouncer_all_stats {
  struct pgbouncer_stats *items;
  size_t count;
};

/* Of SHOW LISTS, SHOW CONFIG and SHOW STATE, which have names in the first column. */
struct pgbouncer_lists {
  int64_t used_clients, login_clients, databases, pools, dns_pending;
};
struct pgbouncer_config {
  int64_t max_clients, query_wait_timeout_s, listen_port, so_reuseport;
  const char *admin_users, *file, *pid_file, *pool_mode;
};
struct pgbouncer_mode {
  bool paused, suspended;
};

/* False with err for an answer without the columns that name its rows, ERR_LIMIT where the arena is
 * full. */
bool pgbouncer_pools_read(const struct pg_rows *rows, struct arena *arena,
                          struct pgbouncer_pools *pools, struct err *err) MUST_CHECK;
bool pgbouncer_databases_read(const struct pg_rows *rows, struct arena *arena,
                              struct pgbouncer_databases *databases, struct err *err) MUST_CHECK;
bool pgbouncer_stats_read(const struct pg_rows *rows, struct arena *arena,
                          struct pgbouncer_all_stats *stats, struct err *err) MUST_CHECK;
/* Of SHOW CLIENTS or SHOW SERVERS. */
bool pgbouncer_sockets_read(const struct pg_rows *rows, const char *command, struct arena *arena,
                            struct pgbouncer_sockets *sockets, struct err *err) MUST_CHECK;
bool pgbouncer_lists_read(const struct pg_rows *rows, struct arena *arena,
                          struct pgbouncer_lists *lists, struct err *err) MUST_CHECK;
bool pgbouncer_config_read(const struct pg_rows *rows, struct arena *arena,
                           struct pgbouncer_config *config, struct err *err) MUST_CHECK;
bool pgbouncer_mode_read(const struct pg_rows *rows, struct pgbouncer_mode *mode,
                         struct err *err) MUST_CHECK;

/* Of SHOW SERVERS: how many connections of the database are to be closed once they are released,
 * since a RECONNECT. */
bool pgbouncer_marked_servers(const struct pg_rows *rows, const char *database, int64_t *count,
                              struct err *err) MUST_CHECK;

/* Open connections to the server, of clients or not; a login in progress is none. */
int64_t pgbouncer_open_servers(const struct pgbouncer_pool *pool);
/* Whether the user, connected to that address, may run all commands: it is in admin_users, or it is
 * "pgbouncer" over the local socket, which PgBouncer accepts only from its own user of the host. */
bool pgbouncer_is_admin(const struct pgbouncer_config *config, const char *user,
                        const char *address);
/* NULL if there is none. Linear. */
const struct pgbouncer_database *
pgbouncer_database_find(const struct pgbouncer_databases *databases, const char *name);
