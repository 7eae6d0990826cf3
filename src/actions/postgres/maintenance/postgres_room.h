/* Free disk space where a server keeps its tables, if it runs on this host: SQL does not tell it.
 *
 * The server is on this host if the connection is a Unix socket or loopback, and its data directory
 * has a postmaster.pid with the server's own port and start time: behind a tunnel to another host
 * it has not. */
#pragma once

#include "actions/postgres/postgres_plan.h"

/* A row for each place: its key is the location of a tablespace, "" is the default one. */
extern const struct table_spec postgres_room_table;

/* SQL: the key of the place of pg_class c. */
#define POSTGRES_PLACE(c)                                                        \
  "coalesce(pg_tablespace_location(CASE " c ".reltablespace WHEN 0 THEN (SELECT" \
  "  dattablespace FROM pg_database WHERE datname = current_database()) ELSE " c \
  ".reltablespace END), '')"

/* For surveys with that table: fills it. False only when the connection is lost or the step
 * dropped. */
bool postgres_read_room(struct step *step, struct postgres_conn *conn);

/* For plans: says what is free for the largest of the rows at each place, by their columns `bytes`
 * and `place`; false with err when it does not suffice. */
bool postgres_room_check(const struct action_request *request, struct plan *plan,
                         const struct row *const *rows, size_t count, struct err *err);
