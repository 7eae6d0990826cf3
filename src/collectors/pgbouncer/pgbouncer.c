/* PgBouncer 1.8 to 1.25 by its console, the database "pgbouncer": pools with their waiting clients,
 * databases, and totals.
 *
 * One connection is kept between collections, and a collection is one SHOW command after another,
 * because the console reads one command at a time. They cost PgBouncer no query on a server.
 * Without SHOW POOLS there is no sample; a failure of another one is a fault of the sample. */
#include "collectors/frame.h"

#include "clients/postgres/pg.h"
#include "clients/postgres/pgbouncer_contract.h"
#include "collectors/pgbouncer/pgbouncer_table.h"
#include "io/clock.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, ANSWERS_BYTES_MAX = 24 << 20 };

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
  struct watch watch; /* first */
  struct pg *pg;
  struct pgbouncer_rules rules;
  struct pgbouncer_past past;

  /* The running collection. */
  bool kept; /* the connection is an old one: only an answer shows whether it was closed */
  enum pgbouncer_part part;
  struct arena arena; /* what was read */
  struct pgbouncer_found found;
};

static bool init(void *self, struct err *err) {
  struct pgbouncer *pgbouncer = self;
  const struct target *target = pgbouncer->watch.target;
  const char *dsn = target_text(target, "dsn");
  if (!pg_dsn_check(dsn, err))
    return false;
  pgbouncer->pg = pg_new(pgbouncer->watch.io, dsn);
  watch_hold(&pgbouncer->watch);
  pgbouncer->rules = (struct pgbouncer_rules){
      .waiting = (double)target_number(target, "waiting") / 1e3,
      .waiting_critical = (double)target_number(target, "waiting_critical") / 1e3,
  };
  return true;
}

/* ---- the questions, in the order of enum pgbouncer_part */

static bool part_read(struct pgbouncer *pgbouncer, const struct pg_rows *rows, struct err *err) {
  struct pgbouncer_found *found = &pgbouncer->found;
  struct arena *arena = &pgbouncer->arena;
  switch (pgbouncer->part) {
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

static const char *const commands[PART_COUNT] = {
    [PART_CONFIG] = "SHOW CONFIG", [PART_DATABASES] = "SHOW DATABASES", [PART_POOLS] = "SHOW POOLS",
    [PART_STATS] = "SHOW STATS",   [PART_LISTS] = "SHOW LISTS",         [PART_MODE] = "SHOW STATE",
};

static void collection_done(struct pgbouncer *pgbouncer) {
  struct sample *sample = sample_new(tables, sizeof tables / sizeof *tables);
  char address[300];
  pg_address(pgbouncer->pg, address, sizeof address);
  pgbouncer->found.address = address;
  pgbouncer->found.user = pg_user(pgbouncer->pg);
  pgbouncer_fill(sample, &pgbouncer->found, &pgbouncer->rules, &pgbouncer->past, clock_now_us());
  sample->address = sample_copy(sample, address);
  sample->server = sample_printf(sample, "PgBouncer %s", pgbouncer->found.version);
  watch_done(&pgbouncer->watch, sample);
}

static void on_part(void *arg, const struct pg_rows *rows, const struct err *err);

static void ask_part(struct pgbouncer *pgbouncer) {
  pgbouncer->watch.requests++;
  pg_query(pgbouncer->pg, commands[pgbouncer->part], on_part, pgbouncer);
}

/* A command that the version does not have would be an error in PgBouncer's log each time. */
static void ask_next(struct pgbouncer *pgbouncer) {
  pgbouncer->part++;
  if (pgbouncer->part == PART_MODE && pgbouncer->found.version_number < PGBOUNCER_VERSION_STATE) {
    err_set(&pgbouncer->found.errs[PART_MODE], ERR_UNSUPPORTED, "needs PgBouncer 1.19");
    pgbouncer->part++;
  }
  if (pgbouncer->part == PART_COUNT)
    collection_done(pgbouncer);
  else
    ask_part(pgbouncer);
}

static void connect_anew(struct pgbouncer *pgbouncer);

static void on_part(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pgbouncer *pgbouncer = arg;
  struct err *kept = &pgbouncer->found.errs[pgbouncer->part];
  const bool lost = err && pg_phase(pgbouncer->pg) == PG_DOWN;
  if (lost && pgbouncer->kept && pgbouncer->part == PART_CONFIG) {
    connect_anew(pgbouncer); /* PgBouncer was restarted, or has closed the idle connection */
    return;
  }
  *kept = err ? *err : (struct err){0};
  if (rows && part_read(pgbouncer, rows, kept))
    *kept = (struct err){0};
  if (lost || (pgbouncer->part == PART_POOLS && kept->kind != ERR_NONE))
    watch_failed(&pgbouncer->watch, kept);
  else
    ask_next(pgbouncer);
}

/* ---- connecting */

static void ask_first(struct pgbouncer *pgbouncer) {
  struct pgbouncer_found *found = &pgbouncer->found;
  const char *text = pg_server_version_text(pgbouncer->pg);
  found->version_number = pgbouncer_version(text);
  if (found->version_number == 0) {
    struct err err;
    err_set(&err, ERR_UNSUPPORTED,
            "this is not PgBouncer's console but a server of version \"%.40s\"; use the database "
            "\"%s\" of PgBouncer, or the kind postgres",
            text, PGBOUNCER_CONSOLE);
    pg_drop(pgbouncer->pg);
    watch_failed(&pgbouncer->watch, &err);
    return;
  }
  found->version = arena_text(&pgbouncer->arena, text, strcspn(text, "/"));
  pgbouncer->part = PART_CONFIG;
  ask_part(pgbouncer);
}

static void on_connected(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pgbouncer *pgbouncer = arg;
  (void)rows;
  if (err)
    watch_failed(&pgbouncer->watch, err);
  else
    ask_first(pgbouncer);
}

static void connect_anew(struct pgbouncer *pgbouncer) {
  pgbouncer->kept = false;
  pgbouncer->watch.requests++;
  pg_connect(pgbouncer->pg, on_connected, pgbouncer);
}

static void ask_all(void *self) {
  struct pgbouncer *pgbouncer = self;
  arena_init(&pgbouncer->arena, ANSWERS_BYTES_MAX);
  pgbouncer->found = (struct pgbouncer_found){.version = ""};
  pgbouncer->kept = pg_phase(pgbouncer->pg) == PG_IDLE;
  if (pgbouncer->kept)
    ask_first(pgbouncer);
  else
    connect_anew(pgbouncer);
}

/* ---- the end */

static void rest(void *self) {
  struct pgbouncer *pgbouncer = self;
  arena_fini(&pgbouncer->arena);
}

static void forget(void *self, struct err *err) {
  struct pgbouncer *pgbouncer = self;
  const size_t used = strlen(err->text);
  char asking[64];
  snprintf(asking, sizeof asking, ": logged in, no answer to %s", commands[pgbouncer->part]);
  const char *const steps[] = {
      [PG_DOWN] = "",
      [PG_RESOLVING] = ": the name server does not answer",
      [PG_CONNECTING] = ": the address does not answer",
      [PG_LOGGING_IN] = ": connected, login not completed",
      [PG_IDLE] = "",
      [PG_ASKING] = asking,
  };
  snprintf(err->text + used, sizeof err->text - used, "%s", steps[pg_phase(pgbouncer->pg)]);
  pg_drop(pgbouncer->pg);
}

static void end(void *self) {
  struct pgbouncer *pgbouncer = self;
  pg_free(pgbouncer->pg, watch_released, pgbouncer);
}

static void fini(void *self) {
  struct pgbouncer *pgbouncer = self;
  pgbouncer_memory_fini(&pgbouncer->past.memory);
}

static void *pgbouncer_open(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct pgbouncer),
                                         .init = init,
                                         .ask = ask_all,
                                         .rest = rest,
                                         .forget = forget,
                                         .end = end,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}
