/* PgBouncer 1.8 to 1.25 by its console, the database "pgbouncer": pools with their waiting clients,
 * databases, and totals.
 *
 * A collection is one SHOW command after another (pgbouncer_watch.h); they cost PgBouncer no query
 * on a server. Without SHOW POOLS there is no sample; a failure of another one is a fault of the
 * sample. */
#include "clients/postgres/pgbouncer_contract.h"
#include "collectors/pgbouncer/pgbouncer_table.h"
#include "collectors/pgbouncer/pgbouncer_watch.h"
#include "io/clock.h"

#include <string.h>

enum { TIMEOUT_MS = 5000 };

static const struct option options[] = {
    {.name = "dsn",
     .type = OPTION_SECRET,
     .required = true,
     .help = "connection string of the console, whose database is pgbouncer, for a user of "
             "stats_users or admin_users; keep the password in PGPASSFILE or ~/.pgpass rather than "
             "here",
     .example = "\"postgresql://monitor@pgbouncer:6432/pgbouncer\"",
     .check = pg_dsn_check},
    {.name = "waiting",
     .type = OPTION_DURATION,
     .min = 1,
     .max = 86400000,
     .fallback = "1s",
     .help = "warning if a client waits for a server connection for this long"},
    {.name = "waiting_critical",
     .type = OPTION_DURATION,
     .min = 1,
     .max = 86400000,
     .fallback = "10s",
     .help = "critical if a client waits for a server connection for this long"},
};

static const struct table_spec *const tables[] = {&pgbouncer_summary_table, &pgbouncer_pools_table,
                                                  &pgbouncer_databases_table};

/* libpq takes the user from PG* and from the user's name. */
static const struct usual_place usual[] = {
    {6432, "pgbouncer", "dsn", "host=127.0.0.1 port=6432 dbname=" PGBOUNCER_CONSOLE},
    {0},
};

static void *pgbouncer_open(struct io *io, const struct target *target, struct err *err);

const struct collector collector_pgbouncer = {
    .kind = {.kind = "pgbouncer",
             .key = "pgbouncer",
             .title = "PgBouncer",
             .options = options,
             .option_count = sizeof options / sizeof *options},
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = pgbouncer_open,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};

struct pgbouncer {
  struct pgbouncer_watch base; /* first */
  struct pgbouncer_rules rules;
  struct pgbouncer_past past;
  struct pgbouncer_found found; /* of the running collection */
};

/* ---- the commands, in the order of enum pgbouncer_part */

static bool part_read(struct pgbouncer *pgbouncer, size_t part, const struct pg_rows *rows,
                      struct err *err) {
  struct pgbouncer_found *found = &pgbouncer->found;
  struct arena *arena = &pgbouncer->base.arena;
  switch (part) {
  case PART_CONFIG:
    return pgbouncer_config_read(rows, arena, &found->config, err);
  case PART_DATABASES:
    return pgbouncer_databases_read(rows, arena, &found->databases, err);
  case PART_POOLS:
    return pgbouncer_pools_read(rows, arena, &found->pools, err);
  case PART_STATS:
    return pgbouncer_stats_read(rows, arena, &found->stats, err);
  case PART_LISTS:
    return pgbouncer_lists_read(rows, arena, &found->lists, err);
  default:
    return pgbouncer_mode_read(rows, &found->mode, err);
  }
}

/* Without pools the collection fails; an error of another part is kept, and is a fault. */
static bool take(struct pgbouncer_watch *watch, size_t part, const struct pg_rows *rows,
                 struct err *err) {
  struct pgbouncer *pgbouncer = (struct pgbouncer *)watch;
  if (rows && part_read(pgbouncer, part, rows, err))
    *err = (struct err){0};
  pgbouncer->found.errs[part] = *err;
  return part != PART_POOLS || err->kind == ERR_NONE;
}

static struct sample *make(struct pgbouncer_watch *watch) {
  struct pgbouncer *pgbouncer = (struct pgbouncer *)watch;
  struct pgbouncer_found *found = &pgbouncer->found;
  struct sample *sample = sample_new(tables, sizeof tables / sizeof *tables);
  char address[300];
  pg_address(watch->pg, address, sizeof address);
  if (!pgbouncer_watch_has(watch, PART_MODE))
    err_set(&found->errs[PART_MODE], ERR_UNSUPPORTED, "needs PgBouncer 1.19");
  found->version = pgbouncer_watch_version(watch);
  found->version_number = watch->version;
  found->user = pg_user(watch->pg);
  found->address = arena_text(&watch->arena, address, strlen(address));
  pgbouncer_fill(sample, found, &pgbouncer->rules, &pgbouncer->past, clock_now_us());
  return sample;
}

static const char *const texts[PART_COUNT] = {
    [PART_CONFIG] = "SHOW CONFIG", [PART_DATABASES] = "SHOW DATABASES", [PART_POOLS] = "SHOW POOLS",
    [PART_STATS] = "SHOW STATS",   [PART_LISTS] = "SHOW LISTS",         [PART_MODE] = "SHOW STATE",
};
static const int since[PART_COUNT] = {[PART_MODE] = PGBOUNCER_VERSION_STATE};
static const struct pgbouncer_commands commands = {
    .texts = texts, .since = since, .count = PART_COUNT, .take = take, .make = make};

/* ---- the instance */

static bool init(void *self, struct err *err) {
  struct pgbouncer *pgbouncer = self;
  const struct target *target = pgbouncer->base.watch.target;
  pgbouncer->base.commands = &commands;
  pgbouncer->rules = (struct pgbouncer_rules){
      .waiting = (double)target_number(target, "waiting") / 1e3,
      .waiting_critical = (double)target_number(target, "waiting_critical") / 1e3,
  };
  return pgbouncer_watch_init(&pgbouncer->base, err);
}

static void ask(void *self) {
  struct pgbouncer *pgbouncer = self;
  pgbouncer->found = (struct pgbouncer_found){.version = ""};
  pgbouncer_watch_ask(self);
}

static void fini(void *self) {
  struct pgbouncer *pgbouncer = self;
  pgbouncer_memory_fini(&pgbouncer->past.memory);
}

static void *pgbouncer_open(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct pgbouncer),
                                         .init = init,
                                         .ask = ask,
                                         .rest = pgbouncer_watch_rest,
                                         .forget = pgbouncer_watch_forget,
                                         .end = pgbouncer_watch_end,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}
