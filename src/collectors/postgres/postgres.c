/* PostgreSQL 10 to 18: connections against their limit, sessions in order of harm with their
 * blockers, and some counters.
 *
 * One connection is kept between collections; a collection is three small queries, one more on a
 * standby, and one more with replicas or slots; once a minute there is one for what is watched for
 * changes, and one for each kind of it that has changed. Those of each collection are prepared
 * statements from the second collection of a connection on, and one message once they are
 * (postgres_prepared.h). Without the first there is no sample; a failure of the others is a fault
 * of the sample (a note, if a permission is missing). The texts of the last one are borrowed from
 * its answer, so the sample is built in its callback.
 *
 * Data checks run beside the collections, whose samples have their last results. Only a collection
 * that is the only one (`stacktop check`) waits for them, until shortly before its deadline. */
#include "collectors/frame.h"

#include "clients/postgres/pg.h"
#include "clients/postgres/pg_share.h"
#include "collectors/postgres/postgres_checks.h"
#include "collectors/postgres/postgres_inventory.h"
#include "collectors/postgres/postgres_judge.h"
#include "collectors/postgres/postgres_queries.h"
#include "collectors/postgres/postgres_replication.h"
#include "collectors/postgres/postgres_table.h"
#include "collectors/postgres/postgres_usual.h"
#include "core/mem.h"
#include "io/clock.h"
#include "model/retention.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The server's time limit ends this much before the deadline, so that its error still arrives in
 * time. */
enum { TIMEOUT_MS = 5000, MARGIN_MS = 200, LOCK_TIMEOUT_MS = 500 };
/* When a single collection no longer waits for data checks: that much before its deadline. */
enum { END_MIN_MS = 50, END_MAX_MS = 300 };

static const struct option options[] = {
    {.name = "dsn",
     .type = OPTION_SECRET,
     .required = true,
     .help = "connection string in the form of psql: a URI, key=value pairs or service=; keep the "
             "password in PGPASSFILE or ~/.pgpass rather than here",
     .example = "\"postgresql://monitor@postgres:5432/app\"",
     .check = pg_dsn_check},
    {.name = "long_query",
     .type = OPTION_DURATION,
     .min = 1000,
     .fallback = "5m",
     .max = 30LL * 86400000,
     .help = "warning if a query runs for this long"},
    {.name = "idle_in_transaction",
     .type = OPTION_DURATION,
     .min = 1000,
     .max = 30LL * 86400000,
     .fallback = "5m",
     .help = "warning if a session is idle in a transaction for this long"},
    {.name = "blocking",
     .type = OPTION_DURATION,
     .min = 100,
     .max = 30LL * 86400000,
     .fallback = "5s",
     .help = "warning if a session blocks others for this long"},
    {.name = "blocking_critical",
     .type = OPTION_DURATION,
     .min = 100,
     .max = 30LL * 86400000,
     .fallback = "1m",
     .help = "critical if a session blocks others for this long"},
    {.name = "forget_replica",
     .type = OPTION_DURATION,
     .min = 1000,
     .max = 365LL * 86400000,
     .fallback = "1d",
     .help = "a replica that has disconnected is a warning until it is back, or for this long"},
    {.name = "changes",
     .type = OPTION_DURATION,
     .min = 1000,
     .max = 30LL * 86400000,
     .fallback = "1m",
     .help = "how often settings, roles and relations are compared with the last time"},
    {.name = "retention",
     .type = OPTION_MAP,
     .help = "tables whose old rows postgres.delete-old may delete, each with its time column and "
             "the age of the rows to keep",
     .example = "{audit_logs: \"created_at 90d\"}",
     .check = retention_check},
};

static const struct table_spec *const tables[] = {&postgres_summary_table, &postgres_session_table,
                                                  &postgres_replica_table, &postgres_check_table};

/* libpq takes the role from PG* and from the user's name. */
static const struct usual_place usual[] = {
    {5432, "postgres", "dsn", "host=127.0.0.1 port=5432"},
    {0},
};

static void *postgres_open(struct io *io, const struct target *target, struct err *err);

const struct collector collector_postgres = {
    .kind = {.kind = "postgres",
             .key = "postgres",
             .title = "PostgreSQL",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .has_checks = true},
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = postgres_open,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};

struct postgres {
  struct watch watch; /* first */
  struct pg *pg;
  struct pg_share share;          /* lends pg to actions if no connection slot is left for them */
  struct postgres_checks *checks; /* NULL: there are none */
  struct sample *waiting;         /* complete but for the checks, which still run */
  struct postgres_rules rules;
  struct postgres_timeouts timeouts;

  struct counters before; /* of the previous collection */
  double forget_replica;  /* seconds */
  struct postgres_memory memory;

  /* The running collection. */
  struct postgres_usual usual;
  struct postgres_activity activity;
  struct postgres_statistics statistics;
  struct err statistics_err; /* ERR_NONE when they are known */
  struct postgres_standby standby;
  struct postgres_standby_verdict verdict;
  struct err standby_err; /* ERR_NONE when it is known, or there is none */
  struct postgres_replicas replicas;
  struct postgres_replica_rows replica_rows;
  struct err replicas_err;
  struct postgres_inventories inventories;
  int64_t changes_ms;
  bool kept; /* the connection is an old one: only a query shows whether it was closed */
  /* As of the last collection: the role sees all; and there are few sessions, and none waits. */
  bool seeing, quiet;
  bool sees_all;   /* at the previous collection */
  char system[24]; /* the system identifier of this connection's cluster; "": not known */
};

static void collection_begin(void *self);
static void checks_finished(void *self);

static bool init(void *self, struct err *err) {
  struct postgres *postgres = self;
  const struct target *target = postgres->watch.target;
  const char *dsn = target_text(target, "dsn");
  if (!pg_dsn_check(dsn, err))
    return false;
  int64_t timeout_ms = target->timeout_ms ? target->timeout_ms : TIMEOUT_MS;
  int64_t statement_ms =
      timeout_ms - MARGIN_MS > timeout_ms / 2 ? timeout_ms - MARGIN_MS : timeout_ms / 2 + 1;
  postgres->pg = pg_new(postgres->watch.io, dsn);
  postgres->usual = (struct postgres_usual){
      .pg = postgres->pg, .timeouts = &postgres->timeouts, .requests = &postgres->watch.requests};
  watch_hold(&postgres->watch);
  postgres->share = (struct pg_share){
      .pg = postgres->pg, .dsn = dsn, .resume = collection_begin, .owner = postgres};
  pg_share_offer(postgres->watch.io, &postgres->share);
  postgres->checks = postgres_checks_new(postgres->watch.io, target, checks_finished, postgres);
  if (postgres->checks)
    watch_hold(&postgres->watch);
  postgres->timeouts.statement_ms = (int)statement_ms;
  postgres->timeouts.lock_ms = LOCK_TIMEOUT_MS;
  postgres->rules = (struct postgres_rules){
      .long_query = (double)target_number(target, "long_query") / 1e3,
      .idle_in_transaction = (double)target_number(target, "idle_in_transaction") / 1e3,
      .blocking_warn = (double)target_number(target, "blocking") / 1e3,
      .blocking_crit = (double)target_number(target, "blocking_critical") / 1e3,
  };
  postgres->forget_replica = (double)target_number(target, "forget_replica") / 1e3;
  postgres->changes_ms = target_number(target, "changes");
  return true;
}

/* ---- the end of a collection */

static const struct err *err_or_null(const struct err *err) {
  return err->kind == ERR_NONE ? NULL : err;
}

static struct sample *sample_make(struct postgres *postgres, const struct postgres_sessions *found,
                                  const struct err *err) {
  const struct pg *pg = postgres->pg;
  struct sample *sample =
      sample_new(tables, sizeof tables / sizeof *tables - (postgres->checks ? 0 : 1));
  const char *version_text = pg_server_version_text(pg);
  const char *version = sample_text(sample, version_text, strcspn(version_text, " "));
  bool has_statistics = postgres->statistics_err.kind == ERR_NONE;
  struct counters now = {.known = false};
  struct rates rates;
  if (has_statistics)
    postgres_counters_read(&now, &postgres->statistics);
  rates_make(&rates, &postgres->before, &now);
  postgres->before = now;
  bool standby_known = postgres->activity.in_recovery && postgres->standby_err.kind == ERR_NONE;
  struct postgres_findings findings = {
      .version = version,
      .version_number = pg_server_version(pg),
      .pooled = pg_phase(pg) == PG_IDLE && pg_backend_pid(pg) != postgres->activity.pid,
      .activity = &postgres->activity,
      .statistics = has_statistics ? &postgres->statistics : NULL,
      .no_statistics = has_statistics ? NULL : &postgres->statistics_err,
      .rates = &rates,
      .sessions = found,
      .no_sessions = err,
      .standby = standby_known ? &postgres->verdict : NULL,
      .no_standby = err_or_null(&postgres->standby_err),
      .timeline = standby_known    ? postgres->standby.timeline
                  : has_statistics ? postgres->statistics.timeline
                                   : "",
      .replicas = postgres->replicas_err.kind == ERR_NONE ? &postgres->replica_rows : NULL,
      .no_replicas = err_or_null(&postgres->replicas_err),
      .system = *postgres->system ? postgres->system : NULL,
  };
  postgres_fill(sample, &findings);
  char address[300];
  pg_address(pg, address, sizeof address);
  postgres_inventories_fill(&postgres->inventories, sample);
  sample->address = sample_copy(sample, address);
  sample->server = sample_printf(sample, "PostgreSQL %s", version);
  return sample;
}

/* ---- the data checks */

/* With the last results of the checks it is complete. */
static void checks_take(struct postgres *postgres) {
  struct sample *sample = postgres->waiting;
  postgres->waiting = NULL;
  postgres_checks_fill(postgres->checks, sample, clock_now_ms());
  postgres->watch.requests += postgres_checks_requests(postgres->checks);
  watch_done(&postgres->watch, sample);
}

static void checks_finished(void *self) {
  struct postgres *postgres = self;
  if (postgres->waiting)
    checks_take(postgres);
}

/* The collection's time is over: those that have not answered are not known. */
static void checks_late(void *self) {
  struct postgres *postgres = self;
  const struct job *job = postgres->watch.job;
  postgres_checks_stop(postgres->checks, clock_now_ms() - job->started_us / 1000);
}

static void collection_done(struct postgres *postgres, const struct postgres_sessions *sessions,
                            const struct err *err) {
  struct sample *sample = sample_make(postgres, sessions, err);
  struct watch *watch = &postgres->watch;
  if (!postgres->checks) {
    watch_done(watch, sample);
    return;
  }
  postgres->waiting = sample;
  if (!watch->job->one_pass || !postgres_checks_run(postgres->checks)) {
    checks_take(postgres);
    return;
  }
  const int64_t wait_ms = watch_end_ms(watch, END_MIN_MS, END_MAX_MS) - clock_now_ms();
  watch_wait(watch, wait_ms > 1 ? wait_ms : 1);
}

/* ---- its steps, the last one first */

static void ask(struct postgres *postgres, char *query, pg_cb done) {
  postgres_usual_send(&postgres->usual, query, done, postgres);
}

/* The longer one is prepared first: a server in trouble then need not plan it as well. */
static bool asks_quietly(const struct postgres *postgres) {
  return postgres->quiet && !postgres_usual_is_new(&postgres->usual, QUESTION_SESSIONS);
}

static void ask_usual(struct postgres *postgres, enum postgres_question nth, pg_cb done) {
  postgres_usual_ask(&postgres->usual, nth, done, postgres);
}

/* The server's clock, seconds since 1970, by which ages are measured. */
static double clock_of(const struct postgres_activity *activity) {
  return (double)activity->started_us / 1e6 + (activity->uptime > 0 ? activity->uptime : 0);
}

/* A lost connection ends the collection: a part of it would look complete. */
static bool lost(struct postgres *postgres, const struct err *err) {
  if (!err || pg_phase(postgres->pg) != PG_DOWN)
    return false;
  watch_failed(&postgres->watch, err);
  return true;
}

static void judged(struct postgres *postgres, struct postgres_sessions *sessions) {
  postgres_judge(sessions, &postgres->rules);
  collection_done(postgres, sessions, NULL);
}

static void on_sessions(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  struct err unread;
  if (lost(postgres, err))
    return;
  struct postgres_sessions *sessions = mem_new(sizeof *sessions);
  if (rows && !postgres_sessions_read(rows, sessions, &unread))
    err = &unread;
  postgres->quiet = !err && postgres->activity.sees_all && postgres_sessions_are_quiet(sessions);
  if (err)
    collection_done(postgres, NULL, err);
  else
    judged(postgres, sessions);
  free(sessions);
}

static void on_quiet(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  if (!rows) {
    on_sessions(arg, rows, err);
    return;
  }
  struct err unread;
  struct postgres_sessions *sessions = mem_new(sizeof *sessions);
  if (!postgres_quiet_read(rows, sessions, &postgres->quiet, &unread))
    collection_done(postgres, NULL, &unread);
  else if (!postgres->quiet)
    ask_usual(postgres, QUESTION_SESSIONS, on_sessions);
  else
    judged(postgres, sessions);
  free(sessions);
}

static void ask_sessions(struct postgres *postgres) {
  if (asks_quietly(postgres))
    ask_usual(postgres, QUESTION_QUIET, on_quiet);
  else
    ask_usual(postgres, QUESTION_SESSIONS, on_sessions);
}

static void ask_inventory(struct postgres *postgres);

static void on_inventory(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  if (lost(postgres, err))
    return;
  postgres_inventory_read(&postgres->inventories, postgres_inventory_due(&postgres->inventories),
                          rows, err);
  ask_inventory(postgres);
}

static void ask_inventory(struct postgres *postgres) {
  const size_t kind = postgres_inventory_due(&postgres->inventories);
  if (kind < POSTGRES_INVENTORY_COUNT)
    ask(postgres, postgres_inventory_query(&postgres->timeouts, kind), on_inventory);
  else
    ask_sessions(postgres);
}

static void on_hashes(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  if (lost(postgres, err))
    return;
  postgres_hashes_read(&postgres->inventories, rows, err);
  ask_inventory(postgres);
}

/* A single collection has nothing to compare with. */
static bool inventories_are_due(const struct postgres *postgres) {
  const int64_t asked_ms = postgres->inventories.asked_ms;
  return !postgres->watch.job->one_pass &&
         (!asked_ms || clock_now_ms() - asked_ms >= postgres->changes_ms);
}

static void on_replicas(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  if (lost(postgres, err))
    return;
  postgres->replicas_err = err ? *err : (struct err){0};
  if (rows && postgres_replicas_read(rows, &postgres->replicas, &postgres->replicas_err))
    postgres_replicas_judge(&postgres->replicas, clock_of(&postgres->activity),
                            postgres->forget_replica, &postgres->memory, &postgres->replica_rows);
  if (!inventories_are_due(postgres)) {
    ask_sessions(postgres);
    return;
  }
  postgres_inventories_begin(&postgres->inventories, clock_now_ms());
  ask(postgres, postgres_hashes_query(&postgres->timeouts), on_hashes);
}

static void ask_replicas(struct postgres *postgres) {
  static const struct pg_rows none = {.columns = REPLICAS_COLUMN_COUNT};
  if (postgres->activity.replicates)
    ask_usual(postgres, QUESTION_REPLICAS, on_replicas);
  else
    on_replicas(postgres, &none, NULL);
}

static void on_standby(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  const struct postgres_activity *activity = &postgres->activity;
  if (lost(postgres, err))
    return;
  postgres->standby_err = err ? *err : (struct err){0};
  if (rows && postgres_standby_read(rows, &postgres->standby, &postgres->standby_err))
    postgres_standby_judge(&postgres->standby, clock_of(activity), activity->uptime,
                           &postgres->memory, &postgres->verdict);
  ask_replicas(postgres);
}

static void on_statistics(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  if (lost(postgres, err))
    return;
  postgres->statistics_err = err ? *err : (struct err){0};
  if (rows && !postgres_statistics_read(rows, &postgres->statistics, &postgres->statistics_err))
    postgres->statistics = (struct postgres_statistics){0};
  if (postgres->statistics.xmin_age < postgres->activity.xmin_age)
    postgres->statistics.xmin_age = postgres->activity.xmin_age;
  postgres->standby_err = (struct err){0};
  if (postgres->activity.in_recovery)
    ask_usual(postgres, QUESTION_STANDBY, on_standby);
  else
    ask_replicas(postgres);
}

/* The memory of replicas depends on the role, the server, and the permissions. */
static void memory_check(struct postgres *postgres) {
  const struct postgres_activity *activity = &postgres->activity;
  if (postgres->memory.standby != activity->in_recovery || postgres->sees_all != activity->sees_all)
    postgres->memory = (struct postgres_memory){.standby = activity->in_recovery};
  postgres->sees_all = activity->sees_all;
  postgres->seeing = activity->sees_all;
}

static void connect_anew(struct postgres *postgres);

static void on_activity(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  struct err unread;
  if (err && postgres->kept && pg_phase(postgres->pg) == PG_DOWN) {
    connect_anew(postgres); /* the server was restarted, or has closed the idle connection */
    return;
  }
  if (rows && !postgres_activity_read(rows, &postgres->activity, &unread))
    err = &unread;
  if (err) {
    watch_failed(&postgres->watch, err);
    return;
  }
  if (postgres->seeing && !postgres->activity.sees_all) { /* the right has been revoked */
    postgres->seeing = postgres->quiet = false;
    ask_usual(postgres, QUESTION_ACTIVITY, on_activity);
    return;
  }
  memory_check(postgres);
  ask_usual(postgres, QUESTION_STATISTICS, on_statistics);
}

static void ask_activity(void *owner) {
  struct postgres *postgres = owner;
  ask_usual(postgres, postgres->seeing ? QUESTION_SEEN : QUESTION_ACTIVITY, on_activity);
}

/* What the collection is expected to ask, by the one before it: what it asks else, it asks alone.
 */
static bool ask_together(struct postgres *postgres) {
  size_t asked[POSTGRES_QUESTIONS], count = 0;
  asked[count++] = postgres->seeing ? QUESTION_SEEN : QUESTION_ACTIVITY;
  asked[count++] = QUESTION_STATISTICS;
  if (postgres->activity.in_recovery)
    asked[count++] = QUESTION_STANDBY;
  if (postgres->activity.replicates)
    asked[count++] = QUESTION_REPLICAS;
  if (!inventories_are_due(postgres)) /* their answers come before the sample */
    asked[count++] = asks_quietly(postgres) ? QUESTION_QUIET : QUESTION_SESSIONS;
  return postgres_usual_ask_together(&postgres->usual, asked, count, on_activity, ask_activity,
                                     postgres);
}

/* A server that speaks the protocol but is not a supported PostgreSQL: an older one, or PgBouncer's
 * console (its version is "1.18.0/bouncer"). */
static bool version_check(struct postgres *postgres) {
  if (pg_server_version(postgres->pg) >= POSTGRES_VERSION_MIN)
    return true;
  struct err err;
  const char *version = pg_server_version_text(postgres->pg);
  if (strstr(version, "bouncer"))
    err_set(&err, ERR_UNSUPPORTED,
            "this is PgBouncer's console; use the name of a database of its pool, or a target of "
            "the kind pgbouncer");
  else
    err_set(&err, ERR_UNSUPPORTED, "needs PostgreSQL 10 or newer, not \"%.40s\"", version);
  pg_drop(postgres->pg);
  watch_failed(&postgres->watch, &err);
  return false;
}

/* Without permission to read it, the collection continues without it. */
static void on_identity(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  if (lost(postgres, err))
    return;
  bool told = rows && rows->rows == 1 && rows->columns == 1 && pg_cell(rows, 0, 0);
  const char *system = told ? pg_cell(rows, 0, 0) : "";
  if (strcmp(postgres->system, system) != 0)
    postgres->memory = (struct postgres_memory){0};
  snprintf(postgres->system, sizeof postgres->system, "%s", system);
  ask_activity(postgres);
}

static void on_connected(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres *postgres = arg;
  (void)rows;
  if (err)
    watch_failed(&postgres->watch, err);
  else if (version_check(postgres))
    ask(postgres, postgres_identity_query(&postgres->timeouts), on_identity);
}

static void connect_anew(struct postgres *postgres) {
  postgres->kept = false;
  postgres->seeing = postgres->quiet = false;
  postgres->usual.prepared = (struct postgres_prepared){0};
  postgres_inventories_reset(&postgres->inventories);
  postgres->watch.requests++;
  pg_connect(postgres->pg, on_connected, postgres);
}

static void collection_begin(void *self) {
  struct postgres *postgres = self;
  postgres->kept = pg_phase(postgres->pg) == PG_IDLE;
  /* a pooler reports a pid of its own at the login */
  postgres_usual_begin(&postgres->usual,
                       postgres->kept && pg_backend_pid(postgres->pg) == postgres->activity.pid);
  if (!postgres->kept)
    connect_anew(postgres);
  else if (!ask_together(postgres))
    ask_activity(postgres);
}

static void ask_all(void *self) {
  struct postgres *postgres = self;
  if (postgres->checks)
    postgres_checks_start(postgres->checks, clock_now_ms());
  postgres->share.waits = postgres->share.loan != NULL;
  if (!postgres->share.waits)
    collection_begin(postgres);
}

static void forget(void *self, struct err *err) {
  struct postgres *postgres = self;
  static const char *const steps[] = {
      [PG_DOWN] = "",
      [PG_RESOLVING] = ": the name server does not answer",
      [PG_CONNECTING] = ": the address does not answer",
      [PG_LOGGING_IN] = ": connected, login not completed",
      [PG_IDLE] = "",
      [PG_ASKING] = ": logged in, query still running",
  };
  size_t used = strlen(err->text);
  if (postgres->share.waits) { /* an action is using the connection */
    postgres->share.waits = false;
    snprintf(err->text + used, sizeof err->text - used, ": an action uses the only connection");
    return;
  }
  snprintf(err->text + used, sizeof err->text - used, "%s", steps[pg_phase(postgres->pg)]);
  pg_drop(postgres->pg);
}

static void end(void *self) {
  struct postgres *postgres = self;
  pg_share_withdraw(postgres->watch.io, &postgres->share);
  if (postgres->checks)
    postgres_checks_close(postgres->checks, watch_released, postgres);
  postgres_inventories_fini(&postgres->inventories);
  pg_free(postgres->pg, watch_released, postgres);
}

static void rest(void *self) {
  struct postgres *postgres = self;
  sample_free(postgres->waiting);
  postgres->waiting = NULL;
}

static void fini(void *self) {
  struct postgres *postgres = self;
  postgres_usual_fini(&postgres->usual);
  postgres_checks_free(postgres->checks);
}

static void *postgres_open(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct postgres),
                                         .init = init,
                                         .ask = ask_all,
                                         .late = checks_late,
                                         .rest = rest,
                                         .forget = forget,
                                         .end = end,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}
