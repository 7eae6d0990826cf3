/* The collector with a real server of the test's own: setup, one collection, and its sample. */
#pragma once

#include "collectors/collector.h"

#include "io/net/resolve.h"
#include "support/postgres_server.h"

extern const struct collector collector_postgres;

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server tiny;
  struct target *target;
  void *self;
  struct job job;
  bool done, closed;
  struct sample *sample;
  struct err err;
};

static struct postgres_server server; /* one for all tests of the file */

/* The job is the fixture's: found by its place in it. */
static inline void on_end(struct job *job, struct sample *sample, const struct err *err) {
  struct fixture *fixture = (struct fixture *)((char *)job - offsetof(struct fixture, job));
  assert_true((sample == NULL) == (err != NULL));
  sample_free(fixture->sample);
  fixture->sample = sample;
  fixture->err = err ? *err : (struct err){0};
  fixture->done = true;
}

static inline int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  fixture->target = target_new(&collector_postgres.kind, "ecap");
  *state = fixture;
  return 0;
}

static inline void on_closed(void *arg) {
  *(bool *)arg = true;
}

static inline int teardown(void **state) {
  struct fixture *fixture = *state;
  sample_free(fixture->sample);
  if (fixture->self) {
    int64_t began = clock_now_ms();
    collector_postgres.close(fixture->self, on_closed, &fixture->closed);
    tiny_run_until(&fixture->loop, &fixture->closed);
    assert_true(clock_now_ms() - began < 1000);
  }
  resolver_free(fixture->io.resolver);
  tiny_loop_end(&fixture->loop);
  target_free(fixture->target);
  free(fixture);
  return 0;
}

static inline void set(struct fixture *fixture, const char *name, const char *text) {
  struct target *target = fixture->target;
  struct err err;
  for (size_t i = 0; i < target->kind->option_count; i++) {
    if (strcmp(target->kind->options[i].name, name) != 0)
      continue;
    option_value_fini(&target->values[i]);
    target->values[i] = (struct option_value){0};
    assert_true(option_parse(&target->kind->options[i], text, &target->values[i], &err));
  }
}

static inline void watch(struct fixture *fixture, const char *dsn) {
  struct err err = {0};
  set(fixture, "dsn", dsn);
  fixture->self = collector_postgres.open(&fixture->io, fixture->target, &err);
  assert_non_null(fixture->self);
}

static inline void watch_as(struct fixture *fixture, const char *user) {
  char dsn[128];
  watch(fixture, postgres_dsn(&server, user, dsn, sizeof dsn));
}

static inline void begin(struct fixture *fixture) {
  fixture->done = false;
  fixture->job = (struct job){.io = &fixture->io,
                              .started_us = clock_now_us(),
                              .deadline_ms = clock_now_ms() + 5000,
                              .end = on_end};
  collector_postgres.start(fixture->self, &fixture->job);
}

static inline enum err_kind collect(struct fixture *fixture) {
  begin(fixture);
  tiny_run_until(&fixture->loop, &fixture->done);
  return fixture->err.kind;
}

static inline void collect_well(struct fixture *fixture) {
  if (collect(fixture) != ERR_NONE)
    fail_msg("%s", fixture->err.text);
}

static struct value cell_of(const struct row *row, size_t table, const char *column) {
  int index = table_column(collector_postgres.tables[table], column);
  assert_true(index >= 0);
  return row->cells[index];
}

static struct value summary(const struct fixture *fixture, const char *column) {
  assert_int_equal(fixture->sample->tables[0].row_count, 1);
  return cell_of(&fixture->sample->tables[0].rows[0], 0, column);
}

static inline long summary_count(const struct fixture *fixture, const char *column) {
  struct value value = summary(fixture, column);
  assert_int_equal(value.type, VALUE_INT);
  return (long)value.integer;
}

static inline const struct table *sessions(const struct fixture *fixture) {
  return sample_table_view(fixture->sample, "sessions");
}

/* The row of that session; NULL when there is none. */
static inline const struct row *session(const struct fixture *fixture, int pid) {
  const struct table *table = sessions(fixture);
  for (size_t i = 0; i < table->row_count; i++)
    if (cell_of(&table->rows[i], 1, "pid").integer == pid)
      return &table->rows[i];
  return NULL;
}

static inline const char *text(const struct row *row, const char *column) {
  struct value value = cell_of(row, 1, column);
  assert_int_equal(value.type, VALUE_TEXT);
  return value.text;
}

static inline bool has_note(const struct fixture *fixture, const char *says) {
  for (size_t i = 0; i < fixture->sample->note_count; i++)
    if (strstr(fixture->sample->notes[i].text, says))
      return true;
  return false;
}

/* Only one client is left: the leftovers of earlier tests are gone. */
static inline PGconn *admin_alone(void) {
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
  postgres_await(admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'", 1);
  postgres_await_backends(&server, "", 1);
  return admin;
}

/* Waits until the server says that this session waits for a lock. */
static inline void await_waiting(PGconn *admin, const PGconn *conn) {
  char sql[200];
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event_type = 'Lock'",
           PQbackendPID(conn));
  postgres_await(admin, sql, 1);
}

static inline int make_roles(void **state) {
  (void)state;
  static const char *const variables[] = {"PGHOST",    "PGPORT",    "PGUSER",     "PGDATABASE",
                                          "PGSERVICE", "PGAPPNAME", "PGPASSWORD", "PGSSLMODE"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    unsetenv(variables[i]);
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE ROLE plain LOGIN");
  PQfinish(admin);
  return 0;
}
