/* Maintenance of a real PostgreSQL of the test's own. Roles: "owner" owns the schema "shop" and
 * everything in it; "reader" may only read; "helper" is a superuser. */
#pragma once

#include "act_driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/postgres_server.h"

static const struct option maintenance_options[] = {
    {.name = "dsn", .type = OPTION_SECRET, .help = ""},
    {.name = "retention", .type = OPTION_MAP, .help = ""},
};
static const struct target_kind maintenance_kind = {.kind = "postgres",
                                                    .key = "postgres",
                                                    .title = "PostgreSQL",
                                                    .options = maintenance_options,
                                                    .option_count = 2};

static struct postgres_server server; /* one for all tests of the file */

struct fixture {
  struct driver driver;
  PGconn *admin, *owner, *other;
};

static inline void use_role(struct fixture *fixture, const char *user) {
  char dsn[128];
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  free(value->text);
  value->text = mem_dup(postgres_dsn(&server, user, dsn, sizeof dsn));
}

static inline int fixture_setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  driver_open(&fixture->driver, &maintenance_kind, NULL);
  use_role(fixture, "owner");
  fixture->admin = postgres_login(&server, "admin");
  fixture->owner = postgres_login(&server, "owner");
  fixture->other = postgres_login(&server, "owner");
  *state = fixture;
  return 0;
}

static inline int fixture_teardown(void **state) {
  struct fixture *fixture = *state;
  PQfinish(fixture->admin);
  PQfinish(fixture->owner);
  PQfinish(fixture->other);
  driver_close(&fixture->driver); /* asserts that no handle is left */
  free(fixture);
  return 0;
}

/* False when PostgreSQL is not installed here. */
static inline bool fixture_server(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return false;
  }
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE ROLE owner LOGIN; CREATE ROLE reader LOGIN;"
                     "CREATE ROLE helper LOGIN SUPERUSER; GRANT pg_monitor TO owner;"
                     "CREATE SCHEMA shop AUTHORIZATION owner;"
                     "GRANT USAGE ON SCHEMA shop TO reader");
  PQfinish(admin);
  return true;
}

/* ---- the steps, each of which must succeed */

static inline void survey(struct fixture *fixture, const char *id, const char *const *params) {
  const struct action *action = action_find(id);
  assert_non_null(action);
  bool good = driver_survey(&fixture->driver, action, NULL, NULL, params);
  if (!good && postgres_major(&server) < 12 &&
      strcmp(fixture->driver.err.text, "needs PostgreSQL 12 or newer") == 0)
    skip(); /* POSTGRES_BINARIES */
  if (!good)
    fail_msg("survey: %s", fixture->driver.err.text);
}

static inline void make_plan(struct fixture *fixture, const char *const *picks) {
  if (!driver_plan(&fixture->driver, picks))
    fail_msg("plan: %s", fixture->driver.err.text);
}

static inline void execute(struct fixture *fixture) {
  if (!driver_execute(&fixture->driver))
    fail_msg("execute: %s", fixture->driver.err.text);
}

static inline void verify(struct fixture *fixture) {
  if (!driver_verify(&fixture->driver))
    fail_msg("verify: %s", fixture->driver.err.text);
}

static inline void run(struct fixture *fixture, const char *id, const char *const *params,
                       const char *const *picks) {
  survey(fixture, id, params);
  make_plan(fixture, picks);
  execute(fixture);
  verify(fixture);
}

/* ---- assertions */

static inline const struct row *found_row(struct fixture *fixture, const char *key) {
  const struct row *row = table_find(&fixture->driver.found->tables[0], key);
  if (!row)
    fail_msg("the survey has no %s", key);
  return row;
}

static inline struct value found_cell(struct fixture *fixture, const char *key, const char *id) {
  const struct table *table = &fixture->driver.found->tables[0];
  int column = table_column(table->spec, id);
  assert_true(column >= 0);
  return found_row(fixture, key)->cells[column];
}

static inline void assert_says(struct fixture *fixture, enum plan_part part, const char *text) {
  const struct plan *plan = fixture->driver.plan;
  for (size_t i = 0; i < plan->text_count; i++)
    if (plan->texts[i].part == part && strstr(plan->texts[i].text, text))
      return;
  for (size_t i = 0; i < plan->text_count; i++)
    print_message("%s: %s\n", plan_part_title(plan->texts[i].part), plan->texts[i].text);
  fail_msg("the plan does not say under \"%s\": %s", plan_part_title(part), text);
}

static inline void assert_result(struct fixture *fixture, size_t object, enum object_result result,
                                 const char *words) {
  const struct object_outcome *outcome = &fixture->driver.outcome.objects[object];
  if (outcome->result != result || !strstr(outcome->words, words))
    fail_msg("%s: %s", object_result_name(outcome->result), outcome->words);
}

static inline void assert_refused(struct fixture *fixture, const char *words) {
  if (!strstr(fixture->driver.err.text, words))
    fail_msg("refused otherwise: \"%s\"", fixture->driver.err.text);
}

#define MAINTENANCE_TEST(name) \
  cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
