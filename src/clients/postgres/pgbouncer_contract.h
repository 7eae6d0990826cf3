/* Shared by the PgBouncer collector and the PgBouncer actions: ids of tables and columns, states of
 * databases, keys of pools, and commands of the console. */
#pragma once

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>

#define PGBOUNCER_CONSOLE                                                 \
  "pgbouncer" /* the database that is the console; no server is behind it \
               */

#define PGBOUNCER_SUMMARY_TABLE "pgbouncer"
#define PGBOUNCER_SUMMARY_ID_ACCESS "access" /* PGBOUNCER_ACCESS_... */
#define PGBOUNCER_POOLS_TABLE "pools"
#define PGBOUNCER_DATABASES_TABLE "databases" /* the key of a row is the name of the database */
#define PGBOUNCER_DATABASES_ID_STATE "state"  /* PGBOUNCER_STATE_... */

#define PGBOUNCER_ACCESS_ADMIN "admin"         /* in admin_users */
#define PGBOUNCER_ACCESS_READ_ONLY "read-only" /* in stats_users alone */

#define PGBOUNCER_STATE_OPEN "open"
#define PGBOUNCER_STATE_PAUSED "paused"
#define PGBOUNCER_STATE_DISABLED "disabled"
#define PGBOUNCER_STATE_BOTH "paused, disabled"
#define PGBOUNCER_NOT_ADMIN "%.60s is not in admin_users of PgBouncer and may only read"
const char *pgbouncer_state(bool paused, bool disabled);
bool pgbouncer_state_is_paused(const char *state);

/* "app/ops"; a name that contains a slash or a quote is quoted, so that no two pools have the same
 * key. */
const char *pgbouncer_pool_key(struct arena *arena, const char *database, const char *user);

enum { PGBOUNCER_COMMAND_MAX = 160 };
/* `PAUSE app`, `RESUME "my app"`. False with err for a name that the console cannot read: its
 * limit is 63 bytes with the quotes. */
bool pgbouncer_command(char out[PGBOUNCER_COMMAND_MAX], const char *verb, const char *database,
                       struct err *err) MUST_CHECK;
