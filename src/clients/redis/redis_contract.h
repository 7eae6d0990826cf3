/* Shared by the Redis collector and the Redis actions: ids of tables and columns, values of cells,
 * and keys of rows. A changed name changes for both; a missing one does not compile. */
#pragma once

/* One row: the figures of the server. */
#define REDIS_SUMMARY_TABLE "summary"
#define REDIS_SUMMARY_ID_ROLE "role" /* REDIS_ROLE_REPLICA, otherwise as in INFO */
#define REDIS_SUMMARY_ID_MODE "mode" /* REDIS_MODE_SENTINEL, otherwise as in INFO */

#define REDIS_ROLE_REPLICA "replica"
/* Why no figure is known of a server that runs a script. */
#define REDIS_SUMMARY_BUSY "busy: refuses INFO"
#define REDIS_MODE_SENTINEL "sentinel"

/* One row per database with keys. The key of a row is "db" and the number, as in INFO. */
#define REDIS_KEYSPACE_TABLE "keyspace"

/* One row per client, of a page and of the survey of redis.kill-client. The key of a row is its id
 * in CLIENT LIST. */
#define REDIS_CLIENTS_TABLE "clients"
#define REDIS_CLIENT_OWN_NAME "stacktop" /* the name of stacktop's connections */

/* One row per key, of a page: those of the database in the target's url. The key of a row is the
 * name as redis_repr prints it. */
#define REDIS_KEYS_TABLE "keys"
/* The same for the most used ones; a row that is not about a key has this one, which names none. */
#define REDIS_HOT_TABLE "hot"
#define REDIS_HOT_NO_KEY "\\policy"

/* One row per node, of a page: of a cluster the key is the node's id; of a Sentinel it is the name
 * of a primary, and of its replicas and Sentinels (whose parent is the primary) begins with it. */
#define REDIS_NODES_TABLE "nodes"

/* An option of a target: keys a second that a page scans. */
#define REDIS_SCAN_RATE_OPTION "scan_rate"

/* The number of the database in a row's key, or in a line of INFO; -1 for any other text. */
int redis_database_of_key(const char *key);
