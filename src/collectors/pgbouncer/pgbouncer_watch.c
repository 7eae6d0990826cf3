#include "collectors/pgbouncer/pgbouncer_watch.h"

#include "clients/postgres/pgbouncer_contract.h"

#include <stdio.h>
#include <string.h>

enum { ANSWERS_BYTES_MAX = 24 << 20 };

bool pgbouncer_watch_init(struct pgbouncer_watch *watch, struct err *err) {
  const char *dsn = target_text(watch->watch.target, "dsn");
  if (!pg_dsn_check(dsn, err))
    return false;
  watch->pg = pg_new(watch->watch.io, dsn);
  watch_hold(&watch->watch);
  return true;
}

bool pgbouncer_watch_has(const struct pgbouncer_watch *watch, size_t command) {
  return !watch->commands->since || watch->version >= watch->commands->since[command];
}

const char *pgbouncer_watch_version(struct pgbouncer_watch *watch) {
  const char *text = pg_server_version_text(watch->pg);
  return arena_text(&watch->arena, text, strcspn(text, "/"));
}

/* ---- the commands */

static void finish(struct pgbouncer_watch *watch) {
  struct sample *sample = watch->commands->make(watch);
  char address[300];
  pg_address(watch->pg, address, sizeof address);
  sample->address = sample_copy(sample, address);
  sample->server = sample_printf(sample, "PgBouncer %s", pgbouncer_watch_version(watch));
  watch_done(&watch->watch, sample);
}

static void on_answer(void *self, const struct pg_rows *rows, const struct err *err);

/* A command that the version does not have would be an error in PgBouncer's log each time. */
static void ask_from(struct pgbouncer_watch *watch, size_t command) {
  while (command < watch->commands->count && !pgbouncer_watch_has(watch, command))
    command++;
  watch->command = command;
  if (command == watch->commands->count) {
    finish(watch);
    return;
  }
  watch->watch.requests++;
  pg_query(watch->pg, watch->commands->texts[command], on_answer, watch);
}

static void connect_anew(struct pgbouncer_watch *watch);

static void on_answer(void *self, const struct pg_rows *rows, const struct err *err) {
  struct pgbouncer_watch *watch = self;
  struct err why = err ? *err : (struct err){0};
  if (err && pg_phase(watch->pg) == PG_DOWN) {
    if (watch->kept && watch->command == 0)
      connect_anew(watch); /* PgBouncer was restarted, or has closed the idle connection */
    else
      watch_failed(&watch->watch, err);
    return;
  }
  if (watch->commands->take(watch, watch->command, rows, &why))
    ask_from(watch, watch->command + 1);
  else
    watch_failed(&watch->watch, &why);
}

/* ---- the connection */

static void ask_first(struct pgbouncer_watch *watch) {
  const char *text = pg_server_version_text(watch->pg);
  watch->version = pgbouncer_version(text);
  if (watch->version > 0) {
    ask_from(watch, 0);
    return;
  }
  struct err err;
  err_set(&err, ERR_UNSUPPORTED,
          "this is not PgBouncer's console but a server of version \"%.40s\"; use the database "
          "\"%s\" of PgBouncer, or the kind postgres",
          text, PGBOUNCER_CONSOLE);
  pg_drop(watch->pg);
  watch_failed(&watch->watch, &err);
}

static void on_connected(void *self, const struct pg_rows *rows, const struct err *err) {
  struct pgbouncer_watch *watch = self;
  (void)rows;
  if (err)
    watch_failed(&watch->watch, err);
  else
    ask_first(watch);
}

static void connect_anew(struct pgbouncer_watch *watch) {
  watch->kept = false;
  watch->watch.requests++;
  pg_connect(watch->pg, on_connected, watch);
}

void pgbouncer_watch_ask(void *self) {
  struct pgbouncer_watch *watch = self;
  arena_init(&watch->arena, ANSWERS_BYTES_MAX);
  watch->command = 0;
  watch->kept = pg_phase(watch->pg) == PG_IDLE;
  if (watch->kept)
    ask_first(watch);
  else
    connect_anew(watch);
}

/* ---- the end */

void pgbouncer_watch_rest(void *self) {
  struct pgbouncer_watch *watch = self;
  arena_fini(&watch->arena);
}

void pgbouncer_watch_forget(void *self, struct err *err) {
  struct pgbouncer_watch *watch = self;
  const size_t used = strlen(err->text);
  char asking[64];
  snprintf(asking, sizeof asking, ": logged in, no answer to %s",
           watch->commands->texts[watch->command]);
  const char *const steps[] = {
      [PG_DOWN] = "",
      [PG_RESOLVING] = ": the name server does not answer",
      [PG_CONNECTING] = ": the address does not answer",
      [PG_LOGGING_IN] = ": connected, login not completed",
      [PG_IDLE] = "",
      [PG_ASKING] = asking,
  };
  snprintf(err->text + used, sizeof err->text - used, "%s", steps[pg_phase(watch->pg)]);
  pg_drop(watch->pg);
}

void pgbouncer_watch_end(void *self) {
  struct pgbouncer_watch *watch = self;
  pg_free(watch->pg, watch_released, watch);
}
