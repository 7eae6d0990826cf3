/* The actions on PostgreSQL, one row each, with a setup for each and all that could go wrong with
 * its object; connected through a relay that breaks the connection at a question. */
#pragma once

#include "act_driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "postgres_relay.h"

enum { WRONG_MAX = 4, STEPS_MAX = 60 };

/* An identity of the plan's object replaced by that of another object. */
struct wrong {
  const char *identity;
  const char *value; /* "=SQL": as the server answers it */
};

enum needs { NEEDS_NOTHING, NEEDS_QUERY, NEEDS_TRANSACTION, NEEDS_TREE };

struct row_case {
  const char *id;
  const char *params[5], *pick;
  const char *key;          /* of its row; NULL: the session's */
  const char *change;       /* start of the statement that makes a change */
  enum needs session;       /* query of the session "victim" */
  const char *renamed;      /* SQL that gives the object's name to another object; NULL: has none */
  enum object_result after; /* when the connection broke at a question after the first change */
  struct wrong wrongs[WRONG_MAX];
};

#define OTHER_TABLE "='public.other'::regclass::oid"
#define OTHER_INDEX "='public.other_pkey'::regclass::oid"
#define NEW_TABLE                                                                              \
  "ALTER TABLE public.t RENAME TO old_t; ALTER INDEX public.t_pkey RENAME TO old_pkey;"        \
  "ALTER INDEX public.t_at RENAME TO old_at;"                                                  \
  "CREATE TABLE public.t (id int PRIMARY KEY, at timestamptz); CREATE INDEX t_at ON public.t " \
  "(at);"                                                                                      \
  "INSERT INTO public.t SELECT n, '2000-01-01' FROM generate_series(1, 10) n;"                 \
  "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.t_at'::regclass"
#define SESSION_WRONGS                                                                 \
  {"pid", "=SELECT pid FROM pg_stat_activity WHERE application_name = 'neighbour'"}, { \
    "backend_start", "2001-02-03 04:05:06.789012+00"                                   \
  }
#define PREPARED_WRONGS                         \
  {"name", "other_one"}, {"oid", "1"}, {        \
    "prepared", "2001-02-03 04:05:06.789012+00" \
  }
#define MOMENT_WRONG \
  { "moment", "2001-02-03 04:05:06.789012+00" }

static const struct row_case cases[] = {
    {.id = "postgres.vacuum",
     .pick = "public.t",
     .change = "VACUUM",
     .renamed = NEW_TABLE,
     .wrongs = {{"oid", OTHER_TABLE}, {"statement", "VACUUM public.other"}}},
    {.id = "postgres.analyze",
     .pick = "public.t",
     .change = "ANALYZE",
     .renamed = NEW_TABLE,
     .wrongs = {{"oid", OTHER_TABLE}, {"statement", "ANALYZE public.other"}}},
    {.id = "postgres.reindex",
     .pick = "public.t_pkey",
     .change = "REINDEX",
     .renamed = NEW_TABLE,
     .wrongs = {{"oid", OTHER_INDEX},
                {"statement", "REINDEX INDEX CONCURRENTLY public.other_pkey"}}},
    {.id = "postgres.create-index",
     .params = {"table", "t", "columns", "at"},
     .change = "CREATE",
     .renamed = NEW_TABLE,
     .wrongs = {{"oid", OTHER_TABLE},
                {"statement", "CREATE INDEX CONCURRENTLY ON public.other USING btree (id)"},
                {"statement", "DELETE FROM public.other; -- ON public.t USING "}}},
    {.id = "postgres.drop-invalid-index",
     .pick = "public.t_at",
     .change = "DROP",
     .renamed = NEW_TABLE,
     .wrongs = {{"oid", "='public.other_at'::regclass::oid"},
                {"statement", "DROP INDEX CONCURRENTLY public.other_at"},
                {"stamp", "1"}}},
    {.id = "postgres.set",
     .params = {"name", "work_mem", "value", "7MB"},
     .change = "ALTER",
     .after = OBJECT_PARTLY,
     .wrongs = {{"name", "maintenance_work_mem"},
                {"statement", "ALTER SYSTEM SET work_mem = '9MB'"},
                {"raw", "1"},
                {"value", "9MB"}}},
    {.id = "postgres.reset-statements",
     .change = "SELECT public.pg_stat_statements_reset",
     .wrongs = {{"oid", "1"}, {"statement", "SELECT public.pg_stat_statements_reset(0, 1, 0)"}}},
    {.id = "postgres.delete-old",
     .params = {"table", "public.t"},
     .change = "WITH gone AS (DELETE",
     .renamed = NEW_TABLE,
     .after = OBJECT_PARTLY,
     .wrongs = {{"oid", OTHER_TABLE},
                {"column", "id"},
                {"statement", "DELETE FROM public.other RETURNING id, $1::text, $2::text"}}},
    {.id = "postgres.drop-slot",
     .pick = "stale",
     .change = "SELECT pg_drop_replication_slot",
     .wrongs =
         {{"name", "other_one"}, {"type", "logical"}, {"oid", "x"}, {"position", "0/1 none"}}},
    {.id = "postgres.rollback-prepared",
     .pick = "stale",
     .change = "ROLLBACK PREPARED",
     .wrongs = {PREPARED_WRONGS, {"statement", "ROLLBACK PREPARED 'other_one'"}}},
    {.id = "postgres.commit-prepared",
     .pick = "stale",
     .change = "COMMIT PREPARED",
     .wrongs = {PREPARED_WRONGS, {"statement", "ROLLBACK PREPARED 'stale'"}}},
    {.id = "postgres.cancel",
     .change = "SELECT pg_cancel_backend(pid)",
     .session = NEEDS_QUERY,
     .wrongs = {SESSION_WRONGS, MOMENT_WRONG}},
    {.id = "postgres.terminate",
     .change = "SELECT pg_terminate_backend(pid)",
     .session = NEEDS_QUERY,
     .wrongs = {SESSION_WRONGS}},
    {.id = "postgres.terminate-root",
     .change = "SELECT pg_terminate_backend(pid)",
     .session = NEEDS_TREE,
     .wrongs = {SESSION_WRONGS}},
    {.id = "postgres.terminate-active",
     .params = {"age", "1s"},
     .change = "SELECT pg_terminate_backend(pid)",
     .session = NEEDS_QUERY,
     .wrongs = {SESSION_WRONGS, MOMENT_WRONG}},
    {.id = "postgres.terminate-idle",
     .params = {"age", "1s"},
     .change = "SELECT pg_terminate_backend(pid)",
     .session = NEEDS_TRANSACTION,
     .wrongs = {SESSION_WRONGS, MOMENT_WRONG}},
    {.id = "postgres.terminate-group",
     .params = {"age", "1s"},
     .key = "idle in txn/application=victim",
     .change = "SELECT pg_terminate_backend(pid)",
     .session = NEEDS_TRANSACTION,
     .wrongs = {SESSION_WRONGS, MOMENT_WRONG}},
};
enum { CASES = sizeof cases / sizeof *cases };

static struct postgres_server server;
static struct relay relay;
static struct driver driver;
static PGconn *admin, *neighbour, *object, *waiter;

/* ---- the setup of each case */

static const struct option options[] = {
    {.name = "dsn", .type = OPTION_SECRET, .help = ""},
    {.name = "retention", .type = OPTION_MAP, .help = ""},
};
static const struct target_kind kind = {.kind = "postgres",
                                        .key = "postgres",
                                        .title = "PostgreSQL",
                                        .options = options,
                                        .option_count = 2};

static inline PGconn *session(const char *name) {
  char dsn[160];
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=admin dbname=postgres application_name=%s",
           server.port, name);
  PGconn *conn = PQconnectdb(dsn);
  assert_int_equal(PQstatus(conn), CONNECTION_OK);
  return conn;
}

static inline bool stands(const char *name, const char *also) {
  char sql[300];
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM pg_stat_activity WHERE application_name = '%s' AND %s", name,
           also);
  return postgres_server_ask(admin, sql) == 1;
}

static inline void await(const char *name, const char *also) {
  const int64_t until_ms = clock_now_ms() + 10000;
  while (!stands(name, also)) {
    assert_true(clock_now_ms() < until_ms);
    usleep(2000);
  }
}

static inline void end_sessions(void) {
  postgres_do(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                     " application_name IN ('victim', 'waiter')");
  postgres_await(admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE application_name IN"
                 " ('victim', 'waiter')",
                 0);
  PQfinish(object);
  PQfinish(waiter);
  object = waiter = NULL;
}

static inline void begin_sessions(enum needs needs) {
  end_sessions();
  if (needs == NEEDS_NOTHING)
    return;
  object = session("victim");
  if (needs == NEEDS_QUERY) {
    PQsendQuery(object, "SELECT pg_sleep(600)");
    return;
  }
  postgres_do(object, "BEGIN");
  postgres_do(object, needs == NEEDS_TREE ? "LOCK TABLE public.locked" : "SELECT 1");
  if (needs == NEEDS_TRANSACTION)
    return;
  waiter = session("waiter");
  PQsendQuery(waiter, "BEGIN; LOCK TABLE public.locked");
  await("waiter", "wait_event_type = 'Lock'");
}

/* The sessions of the last case are reused where nothing was done to them. */
static inline void make_sessions(const struct row_case *row) {
  static const char *const does[] = {
      [NEEDS_QUERY] = "state = 'active' AND query LIKE '%sleep%'",
      [NEEDS_TRANSACTION] = "state = 'idle in transaction' AND query = 'SELECT 1'",
      [NEEDS_TREE] = "state = 'idle in transaction' AND query LIKE 'LOCK%'"};
  const enum needs needs = row->session;
  if (needs == NEEDS_NOTHING || !object || !stands("victim", does[needs]) ||
      (needs == NEEDS_TREE && (!waiter || !stands("waiter", "wait_event_type = 'Lock'"))))
    begin_sessions(needs);
  if (needs == NEEDS_NOTHING)
    return;
  await("victim", does[needs]);
  if (row->params[0]) /* for the age */
    await("victim", "clock_timestamp() - least(query_start, state_change) > interval '1.05 s'");
}

/* Two of each; of the second ones nothing may change. */
static inline void make_slots_or_prepared(const struct row_case *row) {
  postgres_do(admin, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
  static const char *const left[] = {"ROLLBACK PREPARED 'stale'", "ROLLBACK PREPARED 'other_one'"};
  for (size_t i = 0; i < 2; i++)
    PQclear(PQexec(admin, left[i])); /* it may not be there */
  if (strstr(row->id, "slot")) {     /* a slot begins at the last checkpoint */
    postgres_do(admin, "SELECT pg_create_physical_replication_slot('other_one', true)");
    postgres_do(admin, "CREATE TABLE public.wal (); DROP TABLE public.wal; CHECKPOINT");
    postgres_do(admin, "SELECT pg_create_physical_replication_slot('stale', true)");
  } else if (strstr(row->id, "prepared")) {
    postgres_do(admin, "BEGIN");
    postgres_do(admin, "PREPARE TRANSACTION 'other_one'");
    postgres_do(admin, "BEGIN");
    postgres_do(admin, "PREPARE TRANSACTION 'stale'");
  }
}

static inline void make_world(const struct row_case *row) {
  static const char table[] =
      "DROP TABLE IF EXISTS public.%1$s, public.old_%1$s;"
      "CREATE TABLE public.%1$s (id int PRIMARY KEY, at timestamptz);"
      "CREATE INDEX %1$s_at ON public.%1$s (at);"
      "INSERT INTO public.%1$s SELECT n, '2000-01-01' FROM generate_series(1, 10) n;"
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.%1$s_at'::regclass";
  char sql[600];
  postgres_do(admin,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
              " application_name = 'stacktop'"); /* a query that continues without its client */
  postgres_await(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stacktop'",
                 0);
  make_sessions(row);
  if (row->session != NEEDS_NOTHING)
    return;
  snprintf(sql, sizeof sql, table, "t");
  postgres_do(admin, sql);
  snprintf(sql, sizeof sql, table, "other");
  postgres_do(admin, sql);
  postgres_do(admin, "ALTER SYSTEM RESET ALL");
  postgres_do(admin, "SELECT pg_reload_conf()");
  postgres_do(admin, "SELECT 1 AS marker");
  make_slots_or_prepared(row);
  if (strcmp(row->id, "postgres.set") == 0) /* the reload has reached new sessions, too */
    postgres_await(admin, "SELECT setting FROM pg_settings WHERE name = 'work_mem'", 4096);
}

/* Everything that any of the actions could change. */
static inline const char *world(char out[64]) {
  PGresult *result = PQexec(
      admin,
      "SELECT md5(concat_ws(' ',"
      " (SELECT string_agg(concat_ws(' ', relid, vacuum_count, analyze_count), ','"
      "  ORDER BY relid) FROM pg_stat_user_tables),"
      " (SELECT string_agg(concat_ws(' ', indexrelid, indisvalid), ',' ORDER BY indexrelid)"
      "  FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid"
      "  WHERE c.relnamespace = 'public'::regnamespace),"
      " (SELECT count(*) FROM public.t), (SELECT count(*) FROM public.other),"
      " (SELECT string_agg(concat_ws(' ', name, setting), ',' ORDER BY name) FROM pg_file_settings"
      "  WHERE sourcefile LIKE '%auto.conf'),"
      " (SELECT string_agg(slot_name, ',' ORDER BY slot_name) FROM pg_replication_slots),"
      " (SELECT string_agg(gid, ',' ORDER BY gid) FROM pg_prepared_xacts),"
      " (SELECT count(*) > 0 FROM pg_stat_statements WHERE query LIKE '%AS marker%'),"
      " (SELECT string_agg(concat_ws(' ', pid, state), ',' ORDER BY pid) FROM pg_stat_activity"
      "  WHERE application_name IN ('victim', 'waiter', 'neighbour'))))");
  if (PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s", PQresultErrorMessage(result));
  snprintf(out, 64, "%s", PQgetvalue(result, 0, 0));
  PQclear(result);
  return out;
}

static inline bool survey(const struct row_case *row) {
  static char pid[64];
  static const char *const keys[] = {pid, NULL};
  const struct action *action = action_find(row->id);
  assert_non_null(action);
  if (object)
    snprintf(pid, sizeof pid, "%d",
             PQbackendPID(row->session == NEEDS_TREE && waiter ? waiter : object));
  if (row->key)
    snprintf(pid, sizeof pid, "%s", row->key);
  return driver_survey(&driver, action, action->spec.table, action->spec.table ? keys : NULL,
                       row->params);
}

static inline void make_plan(const struct row_case *row) {
  const char *const picks[] = {row->pick, NULL};
  if (relay.state->changes) /* a signal may be on its way to them */
    end_sessions();
  relay_arm(&relay, 1, 0, RELAY_CUT, row->change);
  make_world(row);
  if (!survey(row) || !driver_plan(&driver, row->pick ? picks : NULL))
    fail_msg("%s: %s", row->id, driver.err.text);
  assert_int_equal(driver.plan->object_count, 1);
}

static inline int group_setup(void **state) {
  (void)state;
  server.settings[0] = "shared_preload_libraries=pg_stat_statements";
  if (!postgres_start_server(&server))
    return -1;
  admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE EXTENSION pg_stat_statements; CREATE TABLE public.locked ()");
  neighbour = session("neighbour");
  relay_start(&relay, server.port);
  char dsn[128];
  snprintf(dsn, sizeof dsn, "postgresql://admin@127.0.0.1:%d/postgres?sslmode=disable", relay.port);
  const char *const settings[] = {"dsn", dsn, NULL};
  driver_open(&driver, &kind, settings);
  struct option_value *value = &driver.config->targets[0]->values[1];
  value->names = mem_new(sizeof *value->names);
  value->items = mem_new(sizeof *value->items);
  value->names[0] = mem_dup("public.t");
  value->items[0] = mem_dup("at 30d");
  value->item_count = 1;
  value->set = true;
  return 0;
}

static inline int group_teardown(void **state) {
  (void)state;
  end_sessions();
  PQfinish(admin);
  PQfinish(neighbour);
  driver_close(&driver);
  relay_end(&relay);
  postgres_stop_server(&server);
  return 0;
}

/* ---- assertions */

static inline const struct object_outcome *outcome_of_it(void) {
  return &driver.outcome.objects[0];
}

static inline void expect(const struct row_case *row, const char *when, enum object_result result,
                          const char *words) {
  const struct object_outcome *is = outcome_of_it();
  if (is->result != result || !strstr(is->words, words))
    fail_msg("%s, %s: %s instead of %s: %s", row->id, when, object_result_name(is->result),
             object_result_name(result), is->words);
}

static inline void expect_same(const struct row_case *row, const char *when, const char *before) {
  char now[64];
  if (strcmp(world(now), before) != 0)
    fail_msg("%s, %s: %s, and yet something has changed", row->id, when,
             object_result_name(outcome_of_it()->result));
}

static inline void sent_by_hand(void) {
  if (driver.has_outcome)
    outcome_fini(&driver.outcome);
  outcome_init(&driver.outcome, driver.plan->object_count);
  driver.has_outcome = true;
  outcome_set_all(&driver.outcome, OBJECT_PENDING, OBJECT_SENT, "sent");
}

/* Runs the current step to its end; drops it if the relay hangs. */
static inline void run_on(void) {
  struct relay_state *state = relay.state;
  const int64_t until_ms = clock_now_ms() + DRIVER_MS;
  bool cancelled = false;
  while (!driver.ended && !(state->stopped && state->fault == RELAY_HANG)) {
    assert_true(clock_now_ms() < until_ms);
    if (state->stopped && state->fault == RELAY_HOLD && !cancelled) {
      cancelled = true;
      driver.step->cancel(&driver.call);
      state->go = true;
    }
    if (!driver.ended && !uv_run(&driver.loop, UV_RUN_NOWAIT))
      break;
    usleep(200);
  }
  if (!driver.ended)
    driver_drop(&driver);
  while (uv_run(&driver.loop, UV_RUN_NOWAIT))
    ;
}

#define CONFORMANCE_MAIN(...)                                          \
  int main(void) {                                                     \
    const struct CMUnitTest tests[] = {__VA_ARGS__};                   \
    if (!postgres_find(&server)) {                                     \
      puts("SKIPPED PostgreSQL is not installed");                     \
      return 77;                                                       \
    }                                                                  \
    return cmocka_run_group_tests(tests, group_setup, group_teardown); \
  }
