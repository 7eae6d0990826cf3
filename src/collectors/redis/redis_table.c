/* Two tables: one row of the server's figures, and its databases. */
#include "collectors/redis/redis.h"

#include "clients/redis/redis_contract.h"

static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "redis_summary.def"
#undef COLUMN
};

static const struct column_spec keyspace_columns[KEYSPACE_COLUMN_COUNT] = {
    [KEYSPACE_DB] = {.id = "db", .title = "DB", .help = "number of the database, as in SELECT"},
    [KEYSPACE_KEYS] = {.id = "keys",
                       .title = "KEYS",
                       .unit = UNIT_COUNT,
                       .flags = COLUMN_HISTORY,
                       .help = "keys in the database"},
    [KEYSPACE_EXPIRES] = {.id = "expires",
                          .title = "WITH TTL",
                          .unit = UNIT_COUNT,
                          .priority = 1,
                          .help = "keys that have a TTL"},
    [KEYSPACE_TTL] = {.id = "avg_ttl",
                      .title = "AVG TTL",
                      .unit = UNIT_SECONDS,
                      .priority = 2,
                      .help = "average TTL of these keys, as sampled by the server"},
};

const struct table_spec redis_summary_table = {.id = REDIS_SUMMARY_TABLE,
                                               .title = "Redis",
                                               .flags = TABLE_SUMMARY,
                                               .columns = summary_columns,
                                               .column_count = SUMMARY_COLUMN_COUNT};

const struct table_spec redis_keyspace_table = {.id = REDIS_KEYSPACE_TABLE,
                                                .title = "Keyspace",
                                                .columns = keyspace_columns,
                                                .column_count = KEYSPACE_COLUMN_COUNT};

static const char *info_text(const void *info, const char *key) {
  return redis_info_text(info, key);
}

/* CONFIG RESETSTAT sets these to 0, too. */
static const char *const witnesses[] = {"total_commands_processed", "total_connections_received",
                                        "total_net_input_bytes", "total_net_output_bytes", NULL};

const struct figures redis_figures = {.table = &redis_summary_table,
                                      .text = info_text,
                                      .unsaid = REDIS_UNSAID,
                                      .run = "run_id",
                                      .uptime = "uptime_in_seconds",
                                      .witnesses = witnesses};
