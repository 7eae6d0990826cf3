/* What the Redis collector and the Redis actions share: ids of tables and columns, values of cells,
 * and keys of rows. A name that is changed here is changed for both; one that is missing does not
 * compile. */
#pragma once

/* One row: the figures of the server. */
#define REDIS_SUMMARY_TABLE "summary"
#define REDIS_SUMMARY_ID_ROLE "role" /* REDIS_ROLE_REPLICA, else what INFO says */
#define REDIS_SUMMARY_ID_MODE "mode" /* REDIS_MODE_SENTINEL, else what INFO says */

#define REDIS_ROLE_REPLICA "replica"
#define REDIS_MODE_SENTINEL "sentinel"

/* One row a database that holds keys. The key of a row is "db" and the number, as INFO has it. */
#define REDIS_KEYSPACE_TABLE "keyspace"

/* The number of the database in a row's key, or in a line of INFO; -1 for any other text. */
int redis_database_of_key(const char *key);
