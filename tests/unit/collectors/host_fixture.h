/* A host collector on the test's own loop. */
#pragma once

#include "collectors/collector.h"
#include "collectors/host/host_own.h"
#include "collectors/host/host_table.h"
#include "support/tiny_server.h"

#include <stdio.h>

extern const struct collector collector_host;

struct host_fixture {
  uv_loop_t loop;
  struct io io;
  struct target *target;
  void *host;
  struct job job;
  bool done, closed;
  struct sample *sample;
  struct err err;
};

static inline void host_on_end(struct job *job, struct sample *sample, const struct err *err) {
  struct host_fixture *fixture =
      (struct host_fixture *)((char *)job - offsetof(struct host_fixture, job));
  assert_false(fixture->done); /* exactly one completion */
  sample_free(fixture->sample);
  fixture->sample = sample;
  fixture->err = err ? *err : (struct err){0};
  fixture->done = true;
}

static inline int host_setup(void **state) {
  struct host_fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  fixture->target = target_new(&collector_host.kind, "local");
  *state = fixture;
  return 0;
}

static inline void host_on_closed(void *arg) {
  *(bool *)arg = true;
}

static inline void host_end(struct host_fixture *fixture) {
  collector_host.close(fixture->host, host_on_closed, &fixture->closed);
  tiny_run_until(&fixture->loop, &fixture->closed);
  fixture->host = NULL;
}

static inline int host_teardown(void **state) {
  struct host_fixture *fixture = *state;
  if (fixture->host)
    host_end(fixture);
  tiny_loop_end(&fixture->loop);
  sample_free(fixture->sample);
  target_free(fixture->target);
  free(fixture);
  return 0;
}

/* Adds a path to the target's mounts. */
static inline void host_watch(struct host_fixture *fixture, const char *path) {
  struct option_value *mounts = &fixture->target->values[0];
  mounts->set = true;
  mounts->items = realloc(mounts->items, (mounts->item_count + 1) * sizeof *mounts->items);
  mounts->items[mounts->item_count++] = strdup(path);
}

static inline void host_begin(struct host_fixture *fixture, const struct host_system *system) {
  fixture->host = host_open_on(&fixture->io, fixture->target, system, &fixture->err);
  assert_non_null(fixture->host);
}

static inline void host_start_job(struct host_fixture *fixture, int64_t timeout_ms, bool one_pass) {
  fixture->done = false;
  fixture->job = (struct job){.io = &fixture->io,
                              .started_us = clock_now_us(),
                              .deadline_ms = clock_now_ms() + timeout_ms,
                              .one_pass = one_pass,
                              .end = host_on_end};
  collector_host.start(fixture->host, &fixture->job);
}

static inline void host_collect(struct host_fixture *fixture) {
  host_start_job(fixture, 5000, false);
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_non_null(fixture->sample);
}

static inline const struct row *host_row(struct host_fixture *fixture) {
  const struct table *table = sample_table_view(fixture->sample, "host");
  assert_int_equal(table->row_count, 1);
  return &table->rows[0];
}

static inline const struct row *host_disk(struct host_fixture *fixture, const char *path) {
  return table_find(sample_table_view(fixture->sample, "disks"), path);
}
