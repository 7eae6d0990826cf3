/* The tables of a PgBouncer: its figures, its pools and its databases. */
#pragma once

#include "collectors/figures.h"
#include "collectors/pgbouncer/pgbouncer_judge.h"
#include "model/sample.h"

enum pgbouncer_summary_column {
#define COLUMN(name, ...) name,
#include "pgbouncer_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};

enum pgbouncer_pool_column {
#define COLUMN(name, ...) name,
#include "pgbouncer_pools.def"
#undef COLUMN
  POOL_COLUMN_COUNT
};

enum pgbouncer_database_column {
#define COLUMN(name, ...) name,
#include "pgbouncer_databases.def"
#undef COLUMN
  DATABASE_COLUMN_COUNT
};

extern const struct table_spec pgbouncer_summary_table, pgbouncer_pools_table,
    pgbouncer_databases_table;

/* Source of the columns: a struct pgbouncer_found, pgbouncer_pool_answer or
 * pgbouncer_database_answer. */
extern const struct figures pgbouncer_summary_figures, pgbouncer_pool_figures,
    pgbouncer_database_figures;

#define PGBOUNCER_UNSAID "not reported by this version"

/* The questions of a collection. */
enum pgbouncer_part {
  PART_CONFIG,
  PART_DATABASES,
  PART_POOLS,
  PART_STATS,
  PART_LISTS,
  PART_MODE,
  PART_COUNT
};

/* Sums over all pools; those over all databases are a struct pgbouncer_stats. */
struct pgbouncer_totals {
  int64_t clients, waiting, active, idle, used, login;
  double wait;
};

/* The result of one collection. A part that failed has its error, and no items. */
struct pgbouncer_found {
  const char *version; /* "1.18.0" */
  int version_number;  /* 11800 */
  const char *user;    /* of the login */
  const char *address;
  struct err errs[PART_COUNT]; /* ERR_NONE: it is known */
  struct pgbouncer_config config;
  struct pgbouncer_databases databases;
  struct pgbouncer_pools pools;
  struct pgbouncer_all_stats stats;
  struct pgbouncer_lists lists;
  struct pgbouncer_mode mode;
  struct pgbouncer_totals totals;
  struct pgbouncer_stats sums;
};

struct pgbouncer_pool_answer {
  const struct pgbouncer_pool *pool;
  const struct pgbouncer_database *database; /* NULL: not known */
};

struct pgbouncer_database_answer {
  const struct pgbouncer_database *database;
  const struct pgbouncer_stats *stats; /* NULL: none yet, or not known */
  const char *no_stats;                /* why; NULL: it has not been used yet */
};

/* What a collection keeps for the next one; zeroed at first. */
struct pgbouncer_past {
  struct counters before;
  struct pgbouncer_memory memory;
};

/* Computes the sums and fills the tables (summary, pools, databases, in this order) and the notes
 * of the sample; copies all texts. now_us, now_ms: on the steady clock. */
void pgbouncer_fill(struct sample *sample, struct pgbouncer_found *found,
                    const struct pgbouncer_rules *rules, struct pgbouncer_past *past,
                    int64_t now_us);
