/* A folder of its own, an audit on a loop, and a record. */
#pragma once

#include "audit/audit.h"

#include "support/tiny_server.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
  uv_loop_t loop;
  struct io io;
  char folder[64], path[128];
  struct audit *audit;
  bool closed, done;
  int done_count;
  struct err err; /* of the last done; ERR_NONE: it is on disk */
};

/* cmocka's stand-ins for the numbers of a record. */
static const struct plan_param fixture_params[] = {{"older_than", "10min"},
                                                   {"note", "it's \"me\""}};
static const char *const fixture_plan[] = {"Commands", "  SELECT pg_terminate_backend(8123)"};
static const struct audit_object fixture_objects[] = {{.key = "8123/17", .label = "pid 8123"},
                                                      {.key = "8124/18", .label = "pid 8124"}};
static const struct audit_object fixture_results[] = {
    {.key = "8123/17", .label = "pid 8123", .result = "done", .words = "gone after 0.2 s"},
    {.key = "8124/18", .label = "pid 8124", .result = "gone"}};

static inline struct audit_record fixture_intent(const char *id) {
  return (struct audit_record){
      .event = AUDIT_INTENT,
      .id = id,
      .at_ms = clock_now_ms(),
      .who = {.user = "ops",
              .login = "ann",
              .ssh = "10.0.0.7 51234",
              .tty = "/dev/pts/3",
              .host = "b1",
              .uid = 1000,
              .pid = 4711,
              .pid_start = 99},
      .platform = "ecap",
      .environment = "production",
      .kind = "postgres",
      .target = "ecap",
      .address = "10.0.0.9:5432",
      .action = "postgres.terminate",
      .title = "Terminate 2 sessions of ecap",
      .danger = "destructive",
      .hash = "0f3a",
      .confirm = "production 2",
      .params = fixture_params,
      .param_count = 2,
      .plan = fixture_plan,
      .plan_count = 2,
      .objects = fixture_objects,
      .object_count = 2,
      .count = 2,
      .unit = "sessions",
  };
}

static inline struct audit_record fixture_outcome(const char *id) {
  struct audit_record record = fixture_intent(id);
  record.event = AUDIT_OUTCOME;
  record.confirm = NULL;
  record.plan = NULL;
  record.plan_count = 0;
  record.objects = fixture_results;
  record.result = "done";
  record.proof = "2 of 2 are gone";
  record.undo = "postgres.x ecap 'a b'";
  record.plan_ms = 12;
  record.wait_ms = 3400;
  record.execute_ms = 5;
  record.verify_ms = 210;
  return record;
}

static inline void fixture_done(void *arg, const struct err *err) {
  struct fixture *fixture = arg;
  fixture->done = true;
  fixture->done_count++;
  fixture->err = err ? *err : (struct err){0};
}

static inline void fixture_closed(void *arg) {
  ((struct fixture *)arg)->closed = true;
}

static inline void fixture_open(struct fixture *fixture, const char *path, bool to_syslog) {
  fixture->closed = false;
  fixture->audit =
      audit_new(&fixture->io, &(struct audit_options){.path = path, .to_syslog = to_syslog});
}

static inline void fixture_close(struct fixture *fixture) {
  if (!fixture->audit)
    return;
  audit_close(fixture->audit, fixture_closed, fixture);
  tiny_run_until(&fixture->loop, &fixture->closed);
  fixture->audit = NULL;
}

/* Appends it, and waits for the result. */
static inline bool fixture_append(struct fixture *fixture, const struct audit_record *record) {
  fixture->done = false;
  audit_append(fixture->audit, record, fixture_done, fixture);
  assert_false(fixture->done); /* never before it returns */
  tiny_run_until(&fixture->loop, &fixture->done);
  return fixture->err.kind == ERR_NONE;
}

static inline int fixture_setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/audit-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  snprintf(fixture->path, sizeof fixture->path, "%s/state/audit.jsonl", fixture->folder);
  fixture_open(fixture, fixture->path, false);
  *state = fixture;
  return 0;
}

static inline int fixture_remove(const char *path, const struct stat *status, int kind,
                                 struct FTW *at) {
  (void)status;
  (void)kind;
  (void)at;
  return remove(path);
}

static inline int fixture_teardown(void **state) {
  struct fixture *fixture = *state;
  fixture_close(fixture);
  tiny_loop_end(&fixture->loop);
  nftw(fixture->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
  free(fixture);
  return 0;
}

/* The whole file, terminated; "" where there is none. */
static inline char *fixture_read(const char *path) {
  char *text = NULL;
  size_t len = 0, got;
  char piece[65536];
  FILE *out = open_memstream(&text, &len), *file = fopen(path, "re");
  while (file && (got = fread(piece, 1, sizeof piece, file)) > 0)
    fwrite(piece, 1, got, out);
  if (file)
    fclose(file);
  fclose(out);
  return text;
}

static inline void fixture_write(const char *path, const char *text) {
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}
