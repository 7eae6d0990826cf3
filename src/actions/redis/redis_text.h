/* Texts of Redis' actions: printable names, sizes, and equivalent commands. Pure. */
#pragma once

#include "clients/redis/redis_words.h"
#include "core/err.h"
#include "model/table.h"
#include "model/target.h"

#include <stddef.h>
#include <stdint.h>

/* Sizes as redis.conf has them: "1000", "2gb" (1024^3), "2g" (1000^3), kb, k, mb, m, b. */
bool redis_size_parse(const char *text, int64_t *bytes, struct err *err) MUST_CHECK;
bool redis_size_check(const char *text, struct err *err); /* the same as an option's check */

/* "redis-cli -h redis -p 6379 --user ops -n 2": without the password, which redis-cli takes from
 * REDISCLI_AUTH; without -n for db -1. */
const char *redis_cli(struct arena *arena, const struct target *target, int db);
/* The same for another server: host "" is that of the target. */
const char *redis_cli_at(struct arena *arena, const struct target *target, const char *host,
                         int port);
/* The same command for each key of a pattern, exact for keys and patterns of any bytes: redis-cli
 * prints the keys quoted, one per line (--no-raw), sed turns each into a command, and redis-cli
 * reads them as it printed them. `script` is sed's, and has no single quote. The quoted pattern
 * needs a redis-cli that prints that way (7.0, some 6.2): an older one refuses the option, and does
 * nothing. */
const char *redis_cli_each(struct arena *arena, const struct target *target, int db,
                           const char *pattern, const char *script);
/* What REDISCLI_AUTH has to contain: "the password of ops"; NULL where no password is configured.
 */
const char *redis_cli_login(struct arena *arena, const struct target *target);
/* "redis:6379" or "/run/redis.sock": the server's name in its url. */
const char *redis_place(struct arena *arena, const struct target *target);
/* The number in the collector's row of a database, "5" of "db5", for an action's preset. */
bool redis_row_database(const struct row *row, char *out, size_t size);
/* The database in its url. */
int redis_url_database(const struct target *target);
