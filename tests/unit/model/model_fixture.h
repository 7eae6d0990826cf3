/* A model of two targets, "cache" and "main", with a clock that the test moves. */
#pragma once

#include "support/core_test.h"

#include "core/mem.h"
#include "model/judge/evaluate.h"
#include "model/judge/model_evaluate.h"
#include "model/model.h"

#include <math.h>

enum { LAG_NAME, LAG_LAG, LAG_HIT, LAG_LOAD, LAG_COUNT };
static const struct column_spec lag_columns[LAG_COUNT] = {
    [LAG_NAME] = {.id = "name", .title = "GROUP"},
    [LAG_LAG] = {.id = "lag",
                 .title = "LAG",
                 .unit = UNIT_COUNT,
                 .flags = COLUMN_HISTORY,
                 .metric = "kafka.lag",
                 .threshold = {.has_warn = true, .warn = 100, .has_crit = true, .crit = 1000},
                 .beside = {"hit", "no such column"}},
    [LAG_HIT] = {.id = "hit",
                 .title = "HIT",
                 .unit = UNIT_RATIO,
                 .metric = "redis.hit",
                 .threshold = {.below = true, .has_warn = true, .warn = 0.8}},
    [LAG_LOAD] = {.id = "load",
                  .title = "LOAD",
                  .unit = UNIT_RATIO,
                  .flags = COLUMN_AMBIENT,
                  .metric = "host.load",
                  .threshold = {.has_warn = true, .warn = 0.8}},
};
static const struct table_spec lag_table = {
    .id = "groups", .title = "Groups", .columns = lag_columns, .column_count = LAG_COUNT};
static const struct table_spec summary_table = {.id = "summary",
                                                .title = "Summary",
                                                .flags = TABLE_SUMMARY,
                                                .columns = lag_columns,
                                                .column_count = LAG_COUNT};
static const struct table_spec *const model_specs[] = {&lag_table, &summary_table};
static const struct target_kind model_kind = {.kind = "kafka", .key = "kafka", .title = "Kafka"};

struct model_fixture {
  struct config *config;
  struct model model;
  int64_t now_ms;
};

static inline int model_setup(void **state) {
  struct model_fixture *fixture = mem_new(sizeof *fixture);
  fixture->config = config_new();
  static const char *const names[] = {"cache", "main"};
  for (size_t i = 0; i < COUNT(names); i++) {
    struct target *target = target_new(&model_kind, names[i]);
    target->interval_ms = 2000;
    target->timeout_ms = 1000;
    config_add(fixture->config, target);
  }
  model_init(&fixture->model, fixture->config);
  fixture->now_ms = 1000000;
  *state = fixture;
  return 0;
}

static inline int model_teardown(void **state) {
  struct model_fixture *fixture = *state;
  model_fini(&fixture->model);
  config_free(fixture->config);
  free(fixture);
  return 0;
}

static inline struct sample *lag_sample(struct model_fixture *fixture) {
  struct sample *sample = sample_new(model_specs, COUNT(model_specs));
  sample->taken_ms = fixture->now_ms;
  return sample;
}

/* A row of "groups" (table 0) or "summary" (1). lag may be none. */
static inline struct row *lag_row(struct sample *sample, size_t table, const char *key,
                                  const char *parent, struct value lag) {
  struct row *row = sample_row(sample, &sample->tables[table], key, parent);
  assert_non_null(row);
  row->cells[LAG_NAME] = value_text(row->key);
  row->cells[LAG_LAG] = lag;
  return row;
}

/* One group with that lag, published now. */
static inline void publish_lag(struct model_fixture *fixture, size_t target_index,
                               struct value lag) {
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "group", NULL, lag);
  model_publish(&fixture->model, target_index, sample, fixture->now_ms);
}

static inline void fail_slot(struct model_fixture *fixture, size_t target_index, enum err_kind kind,
                             const char *text) {
  struct err err;
  err_set(&err, kind, "%s", text);
  model_fail(&fixture->model, target_index, &err, fixture->now_ms);
}

static inline const struct findings *judge(struct model_fixture *fixture, bool one_pass) {
  model_evaluate(&fixture->model, fixture->now_ms, one_pass);
  return fixture->model.findings;
}
