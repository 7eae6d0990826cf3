/* How a program of PostgreSQL's connects as a connection string does, without a secret in its
 * arguments. */
#pragma once

#include "core/arena.h"

#include <stddef.h>

/* "PGHOST=db", "PGPASSWORD=...", ...: what the dsn sets, and what it leaves to stacktop's own
 * environment, in the arena. Returns their number, at most `most`. What libpq has no variable for
 * (keepalives, sslpassword) is left out. */
size_t pg_environment(struct arena *arena, const char *dsn, char **list, size_t most);
/* A connection string for an argument that only names the database; its name is never read as a
 * connection string of its own. In the arena. */
const char *pg_database_word(struct arena *arena, const char *database);
