#include "collectors/pgbouncer/pgbouncer_table.h"

#include "clients/postgres/pgbouncer_contract.h"

/* NULL, with the reason, if the whole part is not known. */
static const void *unless(const struct err *err, const void *part, const char **none) {
  if (err->kind == ERR_NONE)
    return part;
  *none = err->text;
  return NULL;
}

/* ---- the process */

enum { OF_TOTALS, OF_STATS, OF_LISTS, OF_CONFIG };
#define TOTALS(member) FIGURE_FIELD(OF_TOTALS, struct pgbouncer_totals, member)
#define STATS(member) FIGURE_FIELD(OF_STATS, struct pgbouncer_stats, member)
#define LISTS(member) FIGURE_FIELD(OF_LISTS, struct pgbouncer_lists, member)
#define CONFIG(member) FIGURE_FIELD(OF_CONFIG, struct pgbouncer_config, member)

static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "pgbouncer_summary.def"
#undef COLUMN
};

const struct table_spec pgbouncer_summary_table = {.id = PGBOUNCER_SUMMARY_TABLE,
                                                   .title = "PgBouncer",
                                                   .flags = TABLE_SUMMARY,
                                                   .columns = summary_columns,
                                                   .column_count = SUMMARY_COLUMN_COUNT};

static const void *summary_part(const void *of, int part, const char **none) {
  const struct pgbouncer_found *found = of;
  switch (part) {
  case OF_STATS:
    return unless(&found->errs[PART_STATS], &found->sums, none);
  case OF_LISTS:
    return unless(&found->errs[PART_LISTS], &found->lists, none);
  case OF_CONFIG:
    return unless(&found->errs[PART_CONFIG], &found->config, none);
  default: /* without pools a collection fails */
    return &found->totals;
  }
}

const struct figures pgbouncer_summary_figures = {
    .table = &pgbouncer_summary_table, .part = summary_part, .unsaid = PGBOUNCER_UNSAID};

/* ---- the pools */

enum { OF_POOL, OF_ITS_DATABASE };
#define POOL(member) FIGURE_FIELD(OF_POOL, struct pgbouncer_pool, member)
#define OF_DATABASE(member) FIGURE_FIELD(OF_ITS_DATABASE, struct pgbouncer_database, member)

static const struct column_spec pool_columns[POOL_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "pgbouncer_pools.def"
#undef COLUMN
};

const struct table_spec pgbouncer_pools_table = {.id = PGBOUNCER_POOLS_TABLE,
                                                 .title = "Pools",
                                                 .columns = pool_columns,
                                                 .column_count = POOL_COLUMN_COUNT};

static const void *pool_part(const void *of, int part, const char **none) {
  const struct pgbouncer_pool_answer *answer = of;
  if (part == OF_POOL)
    return answer->pool;
  *none = "SHOW DATABASES failed, or does not list it";
  return answer->database;
}

const struct figures pgbouncer_pool_figures = {
    .table = &pgbouncer_pools_table, .part = pool_part, .unsaid = PGBOUNCER_UNSAID};

/* ---- the databases */

enum { OF_THE_DATABASE, OF_AVERAGES };
#define DATABASE(member) FIGURE_FIELD(OF_THE_DATABASE, struct pgbouncer_database, member)
#define AVERAGE(member) FIGURE_FIELD(OF_AVERAGES, struct pgbouncer_stats, member)

static const struct column_spec database_columns[DATABASE_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "pgbouncer_databases.def"
#undef COLUMN
};

const struct table_spec pgbouncer_databases_table = {.id = PGBOUNCER_DATABASES_TABLE,
                                                     .title = "Databases",
                                                     .columns = database_columns,
                                                     .column_count = DATABASE_COLUMN_COUNT};

static const void *database_part(const void *of, int part, const char **none) {
  const struct pgbouncer_database_answer *answer = of;
  if (part == OF_THE_DATABASE)
    return answer->database;
  *none = answer->stats ? *none : answer->no_stats;
  return answer->stats;
}

const struct figures pgbouncer_database_figures = {
    .table = &pgbouncer_databases_table, .part = database_part, .unsaid = PGBOUNCER_UNSAID};
