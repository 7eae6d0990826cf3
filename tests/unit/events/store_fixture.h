/* A state directory of its own, two programs that write its history, and a finding. */
#pragma once

#include "support/core_test.h"

#include "audit/audit.h"
#include "audit/audit_process.h"
#include "core/mem.h"
#include "events/event_store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOUR = 3600000, MINUTE = 60000 };
static const int64_t noon = INT64_C(1795867200000);

struct fixture {
  char folder[64], state[80];
  struct event_program a, b;
};

static inline int remove_entry(const char *path, const struct stat *status, int type,
                               struct FTW *walk) {
  (void)status;
  (void)type;
  (void)walk;
  return remove(path);
}

/* b is a program of another host: what it sees is believed as long as it says so. */
static inline int begin(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/stacktop-events-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  snprintf(fixture->state, sizeof fixture->state, "%s/state", fixture->folder);
  fixture->a = (struct event_program){.host = "b1",
                                      .who = "ann@b1",
                                      .place = "dashboard",
                                      .pid = getpid(),
                                      .pid_start = process_start(getpid())};
  fixture->b = (struct event_program){.host = "b2", .who = "bob@b2", .place = "watch", .pid = 12};
  *state = fixture;
  return 0;
}

static inline int end(void **state) {
  struct fixture *fixture = *state;
  nftw(fixture->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  free(fixture);
  return 0;
}

static inline struct event_store *opened(const struct fixture *fixture) {
  struct err err = {0};
  char notice[EVENT_NOTICE_MAX];
  struct event_store *store = event_store_open(fixture->state, notice, &err);
  if (!store)
    fail_msg("%s", err.text);
  assert_string_equal(notice, "");
  return store;
}

static inline struct event_store *joined(const struct fixture *fixture,
                                         const struct event_program *self, int64_t now_ms) {
  struct err err;
  struct event_store *store = opened(fixture);
  assert_true(event_store_beat(store, self, now_ms, &err));
  return store;
}

static inline struct event_record finding(int64_t since_ms, enum severity severity,
                                          const char *text) {
  return (struct event_record){.kind = EVENT_KIND_FINDING,
                               .state = EVENT_STATE_OPEN,
                               .at_ms = since_ms,
                               .severity = severity,
                               .target_kind = "postgres",
                               .target = "ecap",
                               .table = "sessions",
                               .row = "8123/17",
                               .column = "age",
                               .subject = "ecap 8123",
                               .text = text};
}

static inline void put(struct event_store *store, enum event_op op, struct event_record record,
                       int64_t now_ms) {
  struct event_batch batch = {0};
  struct err err = {0};
  if (op == EVENT_OP_ENDS) {
    record.state = EVENT_STATE_ENDED;
    record.end_ms = now_ms;
    record.lasted_ms = now_ms - record.at_ms;
  } else if (op == EVENT_OP_MOMENT) {
    record.state = EVENT_STATE_MOMENT;
  }
  event_batch_add(&batch, op, &record, NULL);
  if (!event_store_write(store, &batch, now_ms, &err))
    fail_msg("%s", err.text);
  event_batch_fini(&batch);
}

/* ---- the audit log */

static inline char *audit_path_of(const struct fixture *fixture) {
  return mem_printf("%s/audit.jsonl", fixture->folder);
}

static inline void audit_put(const struct fixture *fixture, struct audit_record record) {
  char *line = audit_line(&record), *path = audit_path_of(fixture);
  FILE *file = fopen(path, "a");
  assert_non_null(file);
  fprintf(file, "%s\n", line);
  fclose(file);
  assert_int_equal(chmod(path, 0600), 0);
  free(path);
  free(line);
}

static inline void take(struct event_store *store, const struct fixture *fixture) {
  char *path = audit_path_of(fixture);
  struct err err = {0};
  if (!event_store_take_audit(store, path, &err))
    fail_msg("%s", err.text);
  free(path);
}
