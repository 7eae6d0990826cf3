/* A platform to report on: tables of each shape, targets of each state, hostile strings. */
#pragma once

#include "core/mem.h"
#include "model/judge/model_evaluate.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURE_NOW INT64_C(1795531407123) /* 2026-11-24 14:43:27.123 UTC */

static const struct option fixture_options[] = {
    {.name = "dsn", .type = OPTION_SECRET, .fallback = "postgresql://u:hunter2@db/ecap"}};

static const struct target_kind fixture_service = {
    .kind = "service", .key = "services", .title = "Services"};
static const struct target_kind fixture_kafka = {.kind = "kafka", .key = "kafka", .title = "Kafka"};
static const struct target_kind fixture_postgres = {.kind = "postgres",
                                                    .key = "postgres",
                                                    .title = "PostgreSQL",
                                                    .options = fixture_options,
                                                    .option_count = 1};
static const struct target_kind fixture_redis = {.kind = "redis", .key = "redis", .title = "Redis"};
static const struct target_kind fixture_host = {
    .kind = "host", .key = "hosts", .title = "Disks and host"};

static const struct column_spec fixture_service_columns[] = {
    {.id = "name", .title = "SERVICE"},
    {.id = "state", .title = "STATE", .width = 7},
    {.id = "latency",
     .title = "LATENCY",
     .unit = UNIT_SECONDS,
     .flags = COLUMN_HISTORY | COLUMN_SPARK,
     .priority = 1,
     .metric = "service.latency",
     .threshold = {.has_warn = true, .warn = 1, .has_crit = true, .crit = 5},
     .help = "health's whole answer"},
    {.id = "availability", .title = "AVAIL", .unit = UNIT_RATIO, .priority = 3},
    {.id = "error", .title = "ERROR", .flags = COLUMN_FLEX, .priority = 4},
    {.id = "pid", .title = "PID", .flags = COLUMN_DETAIL, .priority = 7},
};
static const struct table_spec fixture_services = {
    .id = "services", .title = "Services", .columns = fixture_service_columns, .column_count = 6};

static const struct column_spec fixture_group_columns[] = {
    {.id = "group", .title = "GROUP"},
    {.id = "state", .title = "STATE", .priority = 3},
    {.id = "members", .title = "MEMBERS", .unit = UNIT_COUNT, .priority = 4},
    {.id = "lag",
     .title = "LAG",
     .unit = UNIT_COUNT,
     .flags = COLUMN_HISTORY,
     .priority = 1,
     .metric = "kafka.lag",
     .threshold = {.has_warn = true, .warn = 1000}},
    {.id = "rate",
     .title = "RATE",
     .unit = UNIT_PER_SECOND,
     .flags = COLUMN_PLUS | COLUMN_HISTORY,
     .priority = 2},
    {.id = "eta", .title = "ETA", .unit = UNIT_SECONDS, .priority = 5},
    {.id = "end", .title = "END", .flags = COLUMN_DETAIL, .priority = 9},
};
static const struct table_spec fixture_groups = {
    .id = "groups", .title = "Groups", .columns = fixture_group_columns, .column_count = 7};

static const struct column_spec fixture_figure_columns[] = {
    {.id = "version", .title = "VERSION", .priority = 6},
    {.id = "used", .title = "USED", .unit = UNIT_BYTES, .priority = 1},
    {.id = "ratio",
     .title = "CONNS",
     .unit = UNIT_RATIO,
     .flags = COLUMN_HEADLINE | COLUMN_GAUGE | COLUMN_HISTORY,
     .priority = 2,
     .metric = "postgres.connections",
     .threshold = {.has_warn = true, .warn = 0.8, .has_crit = true, .crit = 0.95}},
    {.id = "hit",
     .title = "HIT",
     .unit = UNIT_RATIO,
     .priority = 3,
     .metric = "postgres.hit",
     .threshold = {.has_warn = true, .warn = 0.9, .below = true, .for_ms = 300000}},
    {.id = "commits", .title = "COMMITS", .unit = UNIT_PER_SECOND, .priority = 4},
    {.id = "net", .title = "OUT", .unit = UNIT_BYTES_PER_SECOND, .priority = 5},
    {.id = "started", .title = "STARTED", .flags = COLUMN_DETAIL, .unit = UNIT_TIME},
};
static const struct table_spec fixture_figures = {.id = "server",
                                                  .title = "Server",
                                                  .flags = TABLE_SUMMARY,
                                                  .columns = fixture_figure_columns,
                                                  .column_count = 7};

static const struct column_spec fixture_session_columns[] = {
    {.id = "pid", .title = "PID"},
    {.id = "user", .title = "USER", .priority = 3},
    {.id = "state", .title = "STATE", .priority = 1},
    {.id = "age", .title = "AGE", .unit = UNIT_SECONDS, .priority = 2},
    {.id = "query", .title = "QUERY", .flags = COLUMN_FLEX, .priority = 4},
};
static const struct table_spec fixture_sessions = {.id = "sessions",
                                                   .title = "Sessions",
                                                   .flags = TABLE_UNFOLDED,
                                                   .columns = fixture_session_columns,
                                                   .column_count = 5};

static const struct table_spec *const fixture_service_tables[] = {&fixture_services};
static const struct table_spec *const fixture_kafka_tables[] = {&fixture_groups};
static const struct table_spec *const fixture_postgres_tables[] = {&fixture_figures,
                                                                   &fixture_sessions};

static inline void fixture_target(struct config *config, const struct target_kind *kind,
                                  const char *name) {
  struct target *target = target_new(kind, name);
  target->interval_ms = 2000;
  target->timeout_ms = 3000;
  config_add(config, target);
}

static inline void fixture_publish(struct model *model, size_t target_index, struct sample *sample,
                                   int64_t cost_us, int64_t now_ms) {
  sample->taken_ms = now_ms;
  sample->cost_us = cost_us;
  model_publish(model, target_index, sample, now_ms);
}

static inline struct sample *fixture_service_up(const char *name, double latency) {
  struct sample *sample = sample_new(fixture_service_tables, 1);
  struct row *row = sample_row(sample, &sample->tables[0], name, NULL);
  if (!row)
    abort();
  row->cells[0] = value_text(sample_copy(sample, name));
  row->cells[1] = value_text("200");
  row->cells[2] = value_real(latency);
  row->cells[3] = value_none("needs two collections");
  row->cells[5] = value_int(4711);
  sample->address = "127.0.0.1:8000";
  sample->requests = 2;
  return sample;
}

static inline struct sample *fixture_service_down(const char *name) {
  struct sample *sample = fixture_service_up(name, 0);
  struct row *row = &sample->tables[0].rows[0];
  row->severity = SEVERITY_CRIT;
  row->reason = "refused: nothing listens on port 8501 of dashboard";
  row->cells[1] = value_text("refused");
  row->cells[2] = value_none("no answer");
  row->cells[4] = value_text(row->reason);
  return sample;
}

/* groups x partitions; the lag of the first group is beyond its threshold. */
static inline struct sample *fixture_kafka_sample(size_t groups, size_t partitions) {
  struct sample *sample = sample_new(fixture_kafka_tables, 1);
  struct table *table = &sample->tables[0];
  for (size_t g = 0; g < groups; g++) {
    const char *key = sample_printf(sample, "group-%zu", g);
    struct row *row = sample_row(sample, table, key, NULL);
    if (!row)
      break;
    row->cells[0] = value_text(key);
    row->cells[1] = value_text("Stable");
    row->cells[2] = value_int(3);
    row->cells[3] = value_int(g == 0 ? 12430 : (int64_t)g);
    row->cells[4] = g == 0 ? value_real(84.25) : value_none("needs two samples");
    row->cells[5] = g == 0 ? value_text("never") : value_none("needs two samples");
    for (size_t p = 0; p < partitions; p++) {
      struct row *child =
          sample_row(sample, table, sample_printf(sample, "%s/transactions/%zu", key, p), key);
      if (!child)
        break;
      child->cells[0] = value_text(sample_printf(sample, "transactions %zu", p));
      child->cells[3] = value_int((int64_t)(p * 7919 % 1000));
      child->cells[4] = value_real((double)p / 3 - 5);
      child->cells[6] = value_int((int64_t)p * 1000003);
    }
  }
  sample->server = "Kafka 3.9.0";
  sample->address = "127.0.0.1:9092";
  sample->requests = 40;
  return sample;
}

static inline void fixture_session(struct sample *sample, int pid, const char *user, double age,
                                   const char *query) {
  struct row *row =
      sample_row(sample, &sample->tables[1], sample_printf(sample, "%d/1.5", pid), NULL);
  if (!row)
    abort();
  row->cells[0] = value_int(pid);
  row->cells[1] = value_text(user);
  row->cells[2] = value_text("active");
  row->cells[3] = value_real(age);
  row->cells[4] = value_text(query);
}

static inline struct sample *fixture_postgres_sample(void) {
  struct sample *sample = sample_new(fixture_postgres_tables, 2);
  struct row *row = sample_row(sample, &sample->tables[0], "server", NULL);
  if (!row)
    abort();
  row->cells[0] = value_text("15.20");
  row->cells[1] = value_int(INT64_C(1503238553));
  row->cells[2] = value_real(0.97);
  row->cells[3] = value_real(0.5);
  row->cells[4] = value_none("needs two samples");
  row->cells[5] = value_real(1258291.2);
  row->cells[6] = value_int(FIXTURE_NOW - 86400000);
  fixture_session(sample, 8123, "ecap_user", 840,
                  "update customers set name = 'x' || name where id = 7");
  row = &sample->tables[1].rows[0];
  row->severity = SEVERITY_WARN;
  row->reason = "idle in transaction 14m, blocks 2";
  row->cells[2] = value_text("idle in transaction");
  for (int i = 0; i < 8; i++)
    fixture_session(sample, 9000 + i, "ecap_user", 3.1 - i * 0.3,
                    "select customer_id, sum(amount) from transactions where created_at > now() - "
                    "interval '30 days' group by customer_id order by 2 desc limit 100");
  sample_note(sample, "sessions", "query", "needs pg_monitor to see the queries of others");
  sample->server = "PostgreSQL 15.20";
  sample->address = "127.0.0.1:5432";
  sample_fact(sample, FACT_ROLE, "primary");
  sample_fact(sample, FACT_START, "2026-11-20 08:00:00+00");
  sample->requests = 4;
  return sample;
}

/* Text that must not affect a terminal, a line or a document. */
static inline struct sample *fixture_hostile_sample(void) {
  struct sample *sample = sample_new(fixture_postgres_tables, 2);
  struct row *row = sample_row(sample, &sample->tables[0], "evil", NULL);
  if (!row)
    abort();
  row->cells[0] = value_text("1\x1b]0;owned\x07\n\xff\xfe|\xc2\x9b"
                             "31m");
  row->cells[1] = value_int(INT64_MIN);
  row->cells[2] = value_real(-1e-300);
  row->cells[3] = (struct value){.type = VALUE_REAL, .real = 0.0 / 0.0};
  row->cells[4] = value_none("\xe2\x80\xaeright to left\xc3");
  row->cells[5] = value_real(1e15);
  row->cells[6] = value_int(INT64_MAX);
  fixture_session(sample, -1, "\"quoted\\\"\x7f", -3.5,
                  "\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf\xe0\x80\xaf\xf0\x9f\x92\xa9");
  sample_note(sample, NULL, NULL, "a note\x1b[2J of \xe2\x80\x8b nothing");
  sample->server = "Evil\r\n\tServer \xf3\xa0\x81\xa1";
  return sample;
}

enum {
  FIXTURE_API,
  FIXTURE_DASHBOARD,
  FIXTURE_MAIN,
  FIXTURE_ECAP,
  FIXTURE_CACHE,
  FIXTURE_SESSIONS,
  FIXTURE_WAITING,
  FIXTURE_STALE,
  FIXTURE_EVIL,
};

/* Everything that is possible, as of FIXTURE_NOW. */
static inline void fixture_init(struct model *model, struct config **owned) {
  struct config *config = config_new();
  config->name = mem_dup("ecap");
  config->environment = mem_dup("production");
  config->path = mem_dup("stacktop.yaml");
  fixture_target(config, &fixture_service, "api");
  fixture_target(config, &fixture_service, "dashboard");
  fixture_target(config, &fixture_kafka, "main");
  fixture_target(config, &fixture_postgres, "ecap");
  fixture_target(config, &fixture_redis, "cache");
  fixture_target(config, &fixture_redis, "sessions");
  fixture_target(config, &fixture_redis, "waiting");
  fixture_target(config, &fixture_host, "stale");
  fixture_target(config, &fixture_postgres, "evil\x1b[31m");
  config->rules.items = mem_new(sizeof *config->rules.items);
  config->rules.count = 1;
  config->rules.items[0] =
      (struct rule){mem_dup("kafka.lag"), {.has_warn = true, .warn = 10000, .for_ms = 60000}};
  struct rules *own = &config->targets[FIXTURE_ECAP]->rules;
  own->items = mem_new(sizeof *own->items);
  own->count = 1;
  own->items[0] = (struct rule){mem_dup("postgres.hit"),
                                {.has_warn = true, .warn = 0.8, .below = true, .for_ms = 300000}};
  *owned = config;
  model_init(model, config);

  int64_t then = FIXTURE_NOW - 843000;
  fixture_publish(model, FIXTURE_DASHBOARD, fixture_service_down("dashboard"), 2100, then);
  fixture_publish(model, FIXTURE_SESSIONS, fixture_postgres_sample(), 900, then);
  fixture_publish(model, FIXTURE_STALE, fixture_service_up("stale", 0.5), 700, then);
  struct err refused = {ERR_REFUSED, "refused: nothing listens on 127.0.0.1:6379"};
  struct err denied = {ERR_DENIED, "NOPERM this user has no permissions to run the 'info' command"};
  model_fail(model, FIXTURE_CACHE, &refused, then);
  model_evaluate(model, then, false);

  for (int i = 4; i >= 0; i--)
    fixture_publish(model, FIXTURE_API, fixture_service_up("api", 0.012 + i / 1000.0), 13000,
                    FIXTURE_NOW - i * 2000);
  fixture_publish(model, FIXTURE_DASHBOARD, fixture_service_down("dashboard"), 2100, FIXTURE_NOW);
  struct sample *partial = fixture_kafka_sample(7, 2);
  sample_fault(partial, "groups", SEVERITY_UNKNOWN, "offsets of 12 of 18 partitions of group-1");
  fixture_publish(model, FIXTURE_MAIN, partial, 31000, FIXTURE_NOW);
  fixture_publish(model, FIXTURE_ECAP, fixture_postgres_sample(), 14000, FIXTURE_NOW);
  fixture_publish(model, FIXTURE_EVIL, fixture_hostile_sample(), 5000, FIXTURE_NOW);
  model_fail(model, FIXTURE_CACHE, &refused, FIXTURE_NOW);
  model_fail(model, FIXTURE_SESSIONS, &denied, FIXTURE_NOW);
  model_attempt(model, FIXTURE_WAITING, FIXTURE_NOW);
  model->targets[FIXTURE_CACHE].next_ms = FIXTURE_NOW + 5000;
  model->targets[FIXTURE_MAIN].sample->tables[0].truncated = true;
  model_evaluate(model, FIXTURE_NOW, false);
}

static inline void fixture_fini(struct model *model, struct config *config) {
  model_fini(model);
  config_free(config);
}

struct fixture_text {
  char *text;
  size_t len;
};

/* The output of a function of (FILE *, model, now); the caller frees it. */
static inline struct fixture_text fixture_written(bool (*write)(FILE *, const struct model *,
                                                                int64_t),
                                                  const struct model *model, int64_t now_ms) {
  struct fixture_text written;
  FILE *out = open_memstream(&written.text, &written.len);
  if (!out || !write(out, model, now_ms))
    abort();
  fclose(out);
  return written;
}
