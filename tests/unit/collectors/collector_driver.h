/* Runs one collector through its collections, as the scheduler does, without it; beside
 * tests/unit/actions/act_driver.h. */
#pragma once

#include "clients/kafka/child/kafka_child.h"
#include "collectors/collector.h"
#include "io/http/http.h"
#include "io/net/resolve.h"
#include "support/tiny_server.h"

#include <stdio.h>

struct driver {
  uv_loop_t loop;
  struct io io;
  const struct collector *collector;
  struct target *target;
  void *self;
  struct job job;
  bool running, done; /* a collection is running; it has ended */
  size_t completions; /* of all collections */
  struct sample *sample;
  struct err err;
  bool closed;
  /* Called within job_done and job_failed; may be NULL. */
  void (*within)(struct driver *driver);
};

static inline void driver_on_end(struct job *job, struct sample *sample, const struct err *err) {
  struct driver *driver = (struct driver *)((char *)job - offsetof(struct driver, job));
  assert_true(driver->running); /* exactly one completion, and none after a cancel */
  assert_true((sample != NULL) != (err != NULL));
  assert_true(!err || (err->kind != ERR_NONE && *err->text));
  sample_free(driver->sample);
  driver->sample = sample;
  driver->err = err ? *err : (struct err){0};
  driver->running = false;
  driver->done = true;
  driver->completions++;
  if (driver->within)
    driver->within(driver);
}

static inline void driver_fill(struct driver *driver, const char *name, const char *text) {
  const struct target_kind *kind = &driver->collector->kind;
  for (size_t i = 0; i < kind->option_count; i++) {
    struct err err = {0};
    if (strcmp(kind->options[i].name, name) != 0)
      continue;
    option_value_fini(&driver->target->values[i]);
    if (!option_parse(&kind->options[i], text, &driver->target->values[i], &err))
      fail_msg("%s: %s", text, err.text);
    driver->target->values[i].set = true;
    return;
  }
  fail_msg("%s has no option %s", kind->kind, name);
}

/* A target named "main" that is not opened yet. */
static inline void driver_init(struct driver *driver, const struct collector *collector) {
  *driver = (struct driver){.collector = collector};
  uv_loop_init(&driver->loop);
  driver->io.loop = &driver->loop;
  driver->io.kafka_child = KAFKA_CHILD_SELF;
  driver->target = target_new(&collector->kind, "main");
}

static inline void driver_open(struct driver *driver) {
  struct err err = {0};
  driver->self = driver->collector->open(&driver->io, driver->target, &err);
  if (!driver->self)
    fail_msg("%s", err.text);
}

static inline void driver_begin(struct driver *driver, int64_t timeout_ms) {
  driver->done = false;
  driver->running = true;
  driver->job = (struct job){.io = &driver->io,
                             .started_us = clock_now_us(),
                             .deadline_ms = clock_now_ms() + timeout_ms,
                             .end = driver_on_end};
  driver->collector->start(driver->self, &driver->job);
}

/* One collection to its end. */
static inline void driver_collect(struct driver *driver, int64_t timeout_ms) {
  driver_begin(driver, timeout_ms);
  tiny_run_until(&driver->loop, &driver->done);
}

/* As the scheduler does at the deadline: returns the collector's words for it. */
static inline struct err driver_cancel(struct driver *driver) {
  struct err err;
  err_set(&err, ERR_TIMEOUT, "no answer within 1s");
  driver->running = false;
  driver->collector->cancel(driver->self, &err);
  return err;
}

static inline void driver_on_closed(void *arg) {
  struct driver *driver = arg;
  assert_false(driver->closed);
  driver->closed = true;
}

static inline void driver_close(struct driver *driver) {
  driver->closed = false;
  driver->collector->close(driver->self, driver_on_closed, driver);
  driver->self = NULL;
}

/* Closes it, within about a second, and everything else; no handle may be left on the loop. */
static inline void driver_fini(struct driver *driver) {
  const int64_t began = clock_now_ms();
  if (driver->self)
    driver_close(driver);
  tiny_run_until(&driver->loop, &driver->closed);
  assert_true(clock_now_ms() - began < 2000);

  http_client_free(driver->io.http);
  resolver_free(driver->io.resolver);
  tiny_loop_end(&driver->loop);
  sample_free(driver->sample);
  target_free(driver->target);
}

/* The only row of a table of one row, and its cells by column. */
static inline struct value driver_cell(const struct driver *driver, const char *table,
                                       const char *column) {
  if (!driver->sample)
    fail_msg("%s", driver->err.text);
  const struct table *found = sample_table_view(driver->sample, table);
  assert_non_null(found);
  assert_int_equal(found->row_count, 1);
  int index = table_column(found->spec, column);
  assert_true(index >= 0);
  return found->rows[0].cells[index];
}

static inline double driver_number(const struct driver *driver, const char *table,
                                   const char *column) {
  double number = -1;
  struct value value = driver_cell(driver, table, column);
  if (!value_number(value, &number))
    fail_msg("%s: %s", column, value.text ? value.text : "does not apply");
  return number;
}
