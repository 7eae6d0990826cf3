/* Platforms to draw: five kinds of targets with tables of the shapes that the collectors publish,
 * in the states that an operator meets. Everything is created again and the same in each run. */
#pragma once

#include "core/mem.h"
#include "model/judge/model_evaluate.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURE_NOW INT64_C(1795529007000) /* 2026-11-24 14:03:27 UTC */

enum { FIXTURE_STEPS = 60, FIXTURE_INTERVAL_MS = 2000 };

static const struct target_kind fixture_service = {
    .kind = "service", .key = "services", .title = "Services"};
static const struct target_kind fixture_kafka = {
    .kind = "kafka", .key = "kafka", .title = "Kafka lag"};
static const struct target_kind fixture_postgres = {
    .kind = "postgres", .key = "postgres", .title = "PostgreSQL"};
static const struct target_kind fixture_redis = {.kind = "redis", .key = "redis", .title = "Redis"};
static const struct target_kind fixture_host = {
    .kind = "host", .key = "hosts", .title = "Disks & host"};

#define WARN_CRIT(w, c) \
  { .has_warn = true, .has_crit = true, .warn = w, .crit = c }
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const struct column_spec service_columns[] = {
    {.id = "name", .title = "SERVICE", .help = "name in the configuration"},
    {.id = "address", .title = "ADDRESS", .priority = 5, .help = "host and port"},
    {.id = "state", .title = "STATE", .width = 7, .help = "status code of health, or the error"},
    {.id = "latency",
     .title = "LATENCY",
     .unit = UNIT_SECONDS,
     .flags = COLUMN_HISTORY | COLUMN_SPARK,
     .priority = 1,
     .metric = "service.latency",
     .threshold = WARN_CRIT(1, 5),
     .help = "time of the whole health response, on a kept connection"},
    {.id = "availability",
     .title = "AVAIL",
     .unit = UNIT_RATIO,
     .priority = 3,
     .help = "share of the collections in the window in which the service was up"},
    {.id = "since",
     .title = "FOR",
     .unit = UNIT_SECONDS,
     .priority = 2,
     .help = "time in this state, since stacktop was started"},
    {.id = "error",
     .title = "ERROR",
     .flags = COLUMN_FLEX | COLUMN_TELLS,
     .priority = 4,
     .help = "what is wrong"},
    {.id = "status",
     .title = "HTTP STATUS",
     .flags = COLUMN_DETAIL,
     .priority = 7,
     .help = "status code of health"},
};
static const struct table_spec service_spec = {"services", "Services", 0, service_columns,
                                               COUNT_OF(service_columns)};

static const struct column_spec kafka_summary_columns[] = {
    {.id = "name", .title = "name", .flags = COLUMN_DETAIL},
    {.id = "lag",
     .title = "lag",
     .unit = UNIT_COUNT,
     .flags = COLUMN_HEADLINE | COLUMN_HISTORY,
     .help = "of all groups"},
    {.id = "trend",
     .title = "trend",
     .unit = UNIT_PER_SECOND,
     .flags = COLUMN_HEADLINE | COLUMN_PLUS,
     .priority = 1,
     .help = "how fast the lag grows"},
    {.id = "brokers", .title = "brokers", .unit = UNIT_COUNT, .priority = 2},
    {.id = "groups", .title = "groups", .unit = UNIT_COUNT, .priority = 2},
    {.id = "under_replicated",
     .title = "under-replicated",
     .unit = UNIT_COUNT,
     .priority = 3,
     .help = "partitions with fewer replicas in sync than there should be"},
};
static const struct table_spec kafka_summary_spec = {
    "kafka", "Kafka", TABLE_SUMMARY, kafka_summary_columns, COUNT_OF(kafka_summary_columns)};

static const struct column_spec lag_columns[] = {
    {.id = "group", .title = "GROUP", .help = "group, its topics, their partitions"},
    {.id = "lag",
     .title = "LAG",
     .unit = UNIT_COUNT,
     .flags = COLUMN_HISTORY | COLUMN_SPARK,
     .metric = "kafka.lag",
     .threshold = {.has_warn = true, .warn = 10000, .for_ms = 300000},
     .help = "messages between the committed and the last offset"},
    {.id = "trend",
     .title = "TREND",
     .unit = UNIT_PER_SECOND,
     .flags = COLUMN_PLUS,
     .priority = 1,
     .help = "how fast the lag grows"},
    {.id = "state", .title = "STATE", .priority = 2, .help = "of the group"},
    {.id = "eta", .title = "ETA", .unit = UNIT_SECONDS, .priority = 3, .help = "until it is 0"},
    {.id = "members", .title = "MEMBERS", .unit = UNIT_COUNT, .priority = 4},
    {.id = "committed", .title = "COMMITTED", .unit = UNIT_COUNT, .priority = 6},
    {.id = "end", .title = "END", .unit = UNIT_COUNT, .priority = 6},
};
static const struct table_spec lag_spec = {"lag", "Lag", 0, lag_columns, COUNT_OF(lag_columns)};

static const struct column_spec connection_columns[] = {
    {.id = "name", .title = "name", .flags = COLUMN_DETAIL},
    {.id = "connections",
     .title = "conns",
     .flags = COLUMN_HEADLINE,
     .help = "client connections, and max_connections minus the reserved ones"},
    {.id = "used",
     .title = "used",
     .unit = UNIT_RATIO,
     .flags = COLUMN_HEADLINE | COLUMN_GAUGE | COLUMN_HISTORY,
     .metric = "postgres.connections",
     .threshold = WARN_CRIT(0.8, 0.95)},
    {.id = "active", .title = "active", .unit = UNIT_COUNT, .priority = 1},
    {.id = "idle", .title = "idle", .unit = UNIT_COUNT, .priority = 1},
    {.id = "in_txn", .title = "in txn", .unit = UNIT_COUNT, .priority = 1},
    {.id = "waiting", .title = "waiting", .unit = UNIT_COUNT, .priority = 1},
    {.id = "commits",
     .title = "commits",
     .unit = UNIT_PER_SECOND,
     .flags = COLUMN_HISTORY | COLUMN_SPARK,
     .priority = 2},
    {.id = "hit", .title = "hit", .unit = UNIT_RATIO, .priority = 3},
    {.id = "longest", .title = "longest query", .unit = UNIT_SECONDS, .priority = 4},
    {.id = "version", .title = "version", .flags = COLUMN_DETAIL, .priority = 6},
};
static const struct table_spec connection_spec = {"connections", "Connections", TABLE_SUMMARY,
                                                  connection_columns, COUNT_OF(connection_columns)};

static const struct column_spec session_columns[] = {
    {.id = "session", .title = "SESSION", .help = "its process id"},
    {.id = "state", .title = "STATE", .priority = 1, .help = "of pg_stat_activity"},
    {.id = "state_age", .title = "FOR", .unit = UNIT_SECONDS, .priority = 1},
    {.id = "blocks", .title = "BLOCKS", .unit = UNIT_COUNT, .flags = COLUMN_TELLS, .priority = 1},
    {.id = "wait",
     .title = "WAITS",
     .unit = UNIT_SECONDS,
     .priority = 2,
     .metric = "postgres.wait",
     .threshold = WARN_CRIT(5, 60)},
    {.id = "user", .title = "USER", .priority = 4},
    {.id = "database", .title = "DATABASE", .priority = 5},
    {.id = "client", .title = "CLIENT", .priority = 7},
    {.id = "query", .title = "QUERY", .flags = COLUMN_FLEX | COLUMN_NAMES, .priority = 3},
    {.id = "started", .title = "STARTED", .unit = UNIT_TIME, .flags = COLUMN_DETAIL, .priority = 8},
};
static const struct table_spec session_spec = {"sessions", "Sessions", TABLE_UNFOLDED,
                                               session_columns, COUNT_OF(session_columns)};

static const struct column_spec redis_columns[] = {
    {.id = "name", .title = "NAME", .flags = COLUMN_DETAIL},
    {.id = "memory", .title = "memory", .flags = COLUMN_HEADLINE},
    {.id = "memory_ratio",
     .title = "memory used",
     .unit = UNIT_RATIO,
     .flags = COLUMN_HEADLINE | COLUMN_GAUGE | COLUMN_HISTORY,
     .metric = "redis.memory"},
    {.id = "hit", .title = "hit", .unit = UNIT_RATIO},
    {.id = "evict", .title = "evict", .unit = UNIT_PER_SECOND},
    {.id = "ops", .title = "ops", .unit = UNIT_PER_SECOND, .priority = 1},
    {.id = "clients", .title = "clients", .unit = UNIT_COUNT, .priority = 1},
    {.id = "keys", .title = "keys", .unit = UNIT_COUNT, .priority = 2},
    {.id = "frag", .title = "frag", .priority = 3},
    {.id = "policy", .title = "policy", .priority = 4},
};
static const struct table_spec redis_spec = {"redis", "Redis", TABLE_SUMMARY, redis_columns,
                                             COUNT_OF(redis_columns)};
static const struct column_spec keyspace_columns[] = {
    {.id = "db", .title = "DB"},
    {.id = "keys", .title = "KEYS", .unit = UNIT_COUNT},
    {.id = "expires", .title = "EXPIRES", .unit = UNIT_COUNT, .priority = 1},
    {.id = "ttl", .title = "AVG TTL", .unit = UNIT_SECONDS, .priority = 2},
};
static const struct table_spec keyspace_spec = {"keyspace", "Databases", 0, keyspace_columns,
                                                COUNT_OF(keyspace_columns)};

static const struct column_spec host_columns[] = {
    {.id = "name", .title = "HOST", .flags = COLUMN_DETAIL},
    {.id = "load_of_cores", .title = "load", .flags = COLUMN_HEADLINE, .priority = 1},
    {.id = "load",
     .title = "LOAD",
     .unit = UNIT_RATIO,
     .flags = COLUMN_HISTORY | COLUMN_SPARK,
     .priority = 1,
     .metric = "host.load",
     .threshold = {.has_warn = true, .warn = 0.8, .for_ms = 60000}},
    {.id = "cpu",
     .title = "CPU",
     .unit = UNIT_RATIO,
     .flags = COLUMN_HISTORY | COLUMN_GAUGE | COLUMN_SPARK,
     .priority = 1},
    {.id = "memory",
     .title = "MEMORY",
     .unit = UNIT_RATIO,
     .flags = COLUMN_HISTORY | COLUMN_GAUGE | COLUMN_SPARK,
     .priority = 1,
     .metric = "host.memory",
     .threshold = WARN_CRIT(0.9, 0.95)},
    {.id = "swap", .title = "SWAP", .unit = UNIT_RATIO, .priority = 2},
    {.id = "uptime", .title = "UP", .unit = UNIT_SECONDS, .priority = 5},
};
static const struct table_spec host_spec = {"host", "Host", TABLE_SUMMARY, host_columns,
                                            COUNT_OF(host_columns)};
static const struct column_spec disk_columns[] = {
    {.id = "mount", .title = "MOUNT", .width = 8},
    {.id = "used",
     .title = "USED",
     .unit = UNIT_RATIO,
     .flags = COLUMN_HISTORY | COLUMN_GAUGE,
     .metric = "disk.used",
     .threshold = WARN_CRIT(0.8, 0.9)},
    {.id = "free", .title = "FREE", .unit = UNIT_BYTES, .priority = 1},
    {.id = "full_in", .title = "FULL IN", .unit = UNIT_SECONDS, .priority = 2},
    {.id = "size", .title = "SIZE", .unit = UNIT_BYTES, .priority = 4},
    {.id = "inodes", .title = "INODES", .unit = UNIT_RATIO, .priority = 3},
    {.id = "note", .title = "NOTE", .flags = COLUMN_FLEX | COLUMN_TELLS, .priority = 4},
};
static const struct table_spec disk_spec = {"disks", "Disks", 0, disk_columns,
                                            COUNT_OF(disk_columns)};

enum fixture_scene {
  SCENE_CALM,
  SCENE_INCIDENT,
  SCENE_HOSTILE, /* as the incident, with hostile texts */
  SCENE_EMPTY,   /* tables without rows */
  SCENE_FAULT,   /* PostgreSQL's sessions could not be read */
};

struct fixture {
  struct config *config;
  struct model model;
  enum fixture_scene scene;
  int64_t now_ms;
};

/* A small number that wanders, the same for the same step. */
static double fixture_noise(int step, int seed) {
  unsigned state = (unsigned)(step * 7919 + seed * 104729);
  state = state * 1103515245u + 12345u;
  state = (state ^ state >> 13) * 2654435761u;
  return (double)(state >> 8 & 0xffff) / 65536;
}

static struct row *fixture_row(struct sample *sample, const char *table, const char *key,
                               const char *parent, const struct value *cells, size_t count) {
  struct row *row = sample_row(sample, sample_table(sample, table), key, parent);
  for (size_t i = 0; i < count; i++) {
    row->cells[i] = cells[i];
    if (cells[i].type == VALUE_TEXT)
      row->cells[i].text = sample_copy(sample, cells[i].text);
  }
  return row;
}

#define ROW(sample, table, key, parent, ...)                                   \
  fixture_row(sample, table, key, parent, (const struct value[]){__VA_ARGS__}, \
              COUNT_OF(((const struct value[]){__VA_ARGS__})))
#define T(text) value_text(text)
#define N(number) value_int(number)
#define R(number) value_real(number)
#define NA value_none(NULL)

static void row_is(struct row *row, enum severity severity, const char *reason) {
  row->severity = severity;
  row->reason = reason;
}

static struct sample *sample_service(const char *name, enum fixture_scene scene, int step) {
  static const struct table_spec *const specs[] = {&service_spec};
  struct sample *s = sample_new(specs, 1);
  double noise = fixture_noise(step, name[0]);
  if (strcmp(name, "dashboard") == 0 && scene != SCENE_CALM && step > FIXTURE_STEPS - 8) {
    row_is(ROW(s, "services", name, NULL, T(name), T(":8501"), T("refused"), NA, R(0.87), R(14),
               T(scene == SCENE_HOSTILE ? "\x1b[2J\x1b]0;owned\x07 nobody\xE2\x80\xAElistens"
                                        : "nothing listens on 127.0.0.1:8501"),
               NA),
           SEVERITY_CRIT, "refused: nothing listens on 127.0.0.1:8501");
  } else if (strcmp(name, "postgres") == 0) {
    ROW(s, "services", name, NULL, T(name), T(":5432"), T("up"), R(0.0004 + 0.0002 * noise), R(1),
        R(277440), NA, NA);
  } else {
    double latency = name[0] == 'a' ? 0.011 + 0.004 * noise : 0.023 + 0.002 * noise;
    ROW(s, "services", name, NULL, T(name), T(name[0] == 'a' ? ":8000" : ":8501"), T("200"),
        R(latency), R(0.999), R(277440), NA, N(200));
  }
  s->address = "127.0.0.1:8000";
  return s;
}

static void kafka_topic(struct sample *s, const char *group, const char *topic, int partitions,
                        int64_t lag, double trend, int step) {
  char key[128], part[160], label[16];
  snprintf(key, sizeof key, "%s/%s", group, topic);
  struct value eta = trend < 0 ? R((double)lag / -trend) : value_none("it does not shrink");
  ROW(s, "lag", key, group, T(topic), N(lag), R(trend), NA, eta, NA, NA, NA);
  for (int i = 0; i < partitions; i++) {
    snprintf(part, sizeof part, "%s/%d", key, i);
    snprintf(label, sizeof label, "%d", i);
    int64_t end = 120000 + 37 * i + 900 * step;
    int64_t own = lag / partitions + (i == 3 ? lag % partitions : 0);
    ROW(s, "lag", part, key, T(label), N(own), R(trend / partitions), NA, NA, NA, N(end - own),
        N(end));
  }
}

static struct sample *sample_kafka(enum fixture_scene scene, int step) {
  static const struct table_spec *const specs[] = {&kafka_summary_spec, &lag_spec};
  struct sample *s = sample_new(specs, 2);
  bool bad = scene != SCENE_CALM;
  int64_t lag = bad ? 7384 + 78 * step : 120 + (int64_t)(fixture_noise(step, 3) * 300);
  int64_t other = bad ? 429 + 20 * (FIXTURE_STEPS - step) : 12;
  double trend = bad ? 84 : -3.2;
  ROW(s, "kafka", "main", NULL, T("main"), N(lag + other), R(trend - 20), N(3), N(2),
      N(bad ? 1 : 0));
  if (scene == SCENE_EMPTY)
    return s;
  const char *group = "ecap-consumer-group";
  ROW(s, "lag", group, NULL, T(group), N(lag + other), R(trend - 20), T("Stable"), NA, N(3), NA,
      NA);
  kafka_topic(s, group, "transactions", 12, lag, trend, step);
  kafka_topic(s, group, "customers", 3, other, -20, step);
  ROW(s, "lag", "ecap-audit", NULL, T("ecap-audit"), N(0), R(0), T("Empty"), NA, N(0), NA, NA);
  s->server = "Apache Kafka 4.1";
  return s;
}

static struct sample *sample_postgres(enum fixture_scene scene, int step) {
  static const struct table_spec *const specs[] = {&connection_spec, &session_spec};
  struct sample *s = sample_new(specs, 2);
  bool bad = scene != SCENE_CALM && scene != SCENE_FAULT;
  double noise = fixture_noise(step, 5);
  ROW(s, "connections", "ecap", NULL, T("ecap"), T(bad ? "83/97" : "42/97"),
      R(bad ? 83.0 / 97 : 42.0 / 97), N(3 + (int)(noise * 4)), N(30), N(bad ? 9 : 1),
      N(bad ? 2 : 0), R(180 + 90 * noise), R(0.994), R(bad ? 862 : 0.2), T("15.20"));
  sample_note(s, "sessions", "query", "needs pg_monitor to see the queries of others");
  s->server = "PostgreSQL 15.20";
  s->address = "127.0.0.1:5432";
  if (scene == SCENE_FAULT)
    sample_fault(s, "sessions", SEVERITY_WARN,
                 "cannot read sessions: ERROR: invalid byte sequence for encoding \"UTF8\"");
  if (scene == SCENE_EMPTY || scene == SCENE_FAULT)
    return s;
  if (bad) {
    row_is(ROW(s, "sessions", "8123/1", NULL, T("8123"), T("idle in txn"), R(840 + step * 2), N(2),
               NA, T("ecap_user"), T("ecap"), T("10.0.3.17"),
               T(scene == SCENE_HOSTILE ? "SELECT '\xE5\xAE\xA2\xE6\x88\xB7\xF0\x9F\x98\x80' \x9B"
                                          "31m\xFF\n-- e\xCC\x81nd"
                                        : "UPDATE customers SET tier = 'gold' WHERE id = 4711"),
               N(FIXTURE_NOW - 3600000)),
           SEVERITY_CRIT, "idle in transaction 14m, blocks 2");
    s->tables[1].rows[s->tables[1].row_count - 1].lasted_ms =
        14 * 60000 + 7000 - (FIXTURE_STEPS - 1 - step) * FIXTURE_INTERVAL_MS;
    ROW(s, "sessions", "8124/1", "8123/1", T("8124"), T("active"), R(731), NA, R(731),
        T("ecap_user"), T("ecap"), T("10.0.3.18"),
        T("UPDATE customers SET last_seen = now() WHERE id = 4711"), N(FIXTURE_NOW - 3500000));
    ROW(s, "sessions", "8125/1", "8124/1", T("8125"), T("active"), R(40), NA, R(40), T("ecap_user"),
        T("ecap"), T("10.0.3.19"), T("DELETE FROM customers WHERE id = 4711"),
        N(FIXTURE_NOW - 3400000));
  }
  for (int i = 0; i < (bad ? 20 : 4); i++) {
    char key[32], pid[16];
    snprintf(pid, sizeof pid, "%d", 8200 + i);
    snprintf(key, sizeof key, "%s/1", pid);
    ROW(s, "sessions", key, NULL, T(pid), T(i < 3 ? "active" : "idle"),
        R(i < 3 ? 0.012 + 0.2 * noise : 3 + i), NA, NA, T("ecap_user"), T("ecap"), T("10.0.3.20"),
        i == 1 ? value_none("needs pg_monitor")
               : T("SELECT sum(amount) FROM transactions WHERE day = $1"),
        N(FIXTURE_NOW - 1000 * i));
  }
  return s;
}

static struct sample *sample_redis(enum fixture_scene scene, int step) {
  static const struct table_spec *const specs[] = {&redis_spec, &keyspace_spec};
  struct sample *s = sample_new(specs, 2);
  double noise = fixture_noise(step, 7);
  ROW(s, "redis", "cache", NULL, T("cache"), T("1.4/2.0 GB"), R(0.71), R(0.971),
      scene == SCENE_CALM ? R(0) : R(12), R(1400 + 300 * noise), N(41), N(182331), T("1.2"),
      T("allkeys-lru"));
  s->server = "Redis 7.0.15";
  if (scene == SCENE_EMPTY)
    return s;
  ROW(s, "keyspace", "db0", NULL, T("db0"), N(182331), N(181220), R(3544));
  ROW(s, "keyspace", "db1", NULL, T("db1"), N(12), N(0), NA);
  return s;
}

static struct sample *sample_host(enum fixture_scene scene, int step) {
  static const struct table_spec *const specs[] = {&host_spec, &disk_spec};
  struct sample *s = sample_new(specs, 2);
  bool bad = scene != SCENE_CALM;
  double noise = fixture_noise(step, 9);
  ROW(s, "host", "local", NULL, T("local"), T(bad ? "1.8 of 2" : "0.4 of 2"), R(bad ? 0.9 : 0.2),
      R(0.3 + 0.4 * noise), R(0.62), R(0.02), R(277440));
  if (scene == SCENE_EMPTY)
    return s;
  ROW(s, "disks", "/", NULL, T("/"), R(0.61), R(12884901888.0), R(777600), R(33e9), R(0.12), NA);
  ROW(s, "disks", "/var", NULL, T("/var"), R(bad ? 0.91 : 0.47), R(bad ? 2e9 : 12e9),
      bad ? R(18000) : NA, R(24e9), R(0.08), NA);
  ROW(s, "disks", "/tmp", NULL, T("/tmp"), R(0.02), R(2e9), NA, R(2.1e9), R(0), T("tmpfs"));
  ROW(s, "disks", "/mnt/nfs", NULL, T("/mnt/nfs"),
      value_none("the server has not answered for 41s"),
      value_none("the server has not answered for 41s"), NA, NA, NA, T("silent for 41s"));
  return s;
}

static void fixture_target(struct fixture *fixture, const struct target_kind *kind,
                           const char *name) {
  struct target *target = target_new(kind, name);
  target->interval_ms = FIXTURE_INTERVAL_MS;
  target->timeout_ms = 2000;
  config_add(fixture->config, target);
}

static struct sample *fixture_sample(const struct fixture *fixture, size_t target_index, int step) {
  const struct target *target = fixture->model.targets[target_index].target;
  if (target->kind == &fixture_service)
    return sample_service(target->name, fixture->scene, step);
  if (target->kind == &fixture_kafka)
    return sample_kafka(fixture->scene, step);
  if (target->kind == &fixture_postgres)
    return sample_postgres(fixture->scene, step);
  return target->kind == &fixture_redis ? sample_redis(fixture->scene, step)
                                        : sample_host(fixture->scene, step);
}

static inline void fixture_publish(struct fixture *fixture, size_t target_index, int step,
                                   int64_t now_ms) {
  struct sample *sample = fixture_sample(fixture, target_index, step);
  sample->taken_ms = now_ms;
  sample->cost_us = 4200 + 100 * (int64_t)target_index;
  sample->requests = 3;
  model_publish(&fixture->model, target_index, sample, now_ms);
}

/* The configured platform, before any answer. extra: a second PostgreSQL and Redis. */
static inline void fixture_init(struct fixture *fixture, enum fixture_scene scene, bool extra) {
  *fixture = (struct fixture){.config = config_new(), .scene = scene, .now_ms = FIXTURE_NOW};
  fixture->config->name = mem_dup("ecap");
  fixture->config->environment = mem_dup(scene == SCENE_CALM ? "staging" : "production");
  fixture_target(fixture, &fixture_service, "api");
  fixture_target(fixture, &fixture_service, "dashboard");
  fixture_target(fixture, &fixture_service, "postgres");
  fixture_target(fixture, &fixture_kafka, "main");
  fixture_target(fixture, &fixture_postgres, "ecap");
  if (extra)
    fixture_target(fixture, &fixture_postgres, "reports");
  fixture_target(fixture, &fixture_redis, "cache");
  if (extra)
    fixture_target(fixture, &fixture_redis, "sessions");
  fixture_target(fixture, &fixture_host, "local");
  model_init(&fixture->model, fixture->config);
}

/* All targets answer, FIXTURE_STEPS times. */
static inline void fixture_run(struct fixture *fixture) {
  for (int step = 0; step < FIXTURE_STEPS; step++) {
    int64_t now = FIXTURE_NOW - (int64_t)(FIXTURE_STEPS - 1 - step) * FIXTURE_INTERVAL_MS;
    for (size_t target_index = 0; target_index < fixture->model.target_count; target_index++)
      fixture_publish(fixture, target_index, step, now);
    model_evaluate(&fixture->model, now, false);
  }
}

static inline void fixture_fail(struct fixture *fixture, size_t target_index, enum err_kind kind,
                                const char *text, int64_t ago_ms) {
  struct err err;
  err_set(&err, kind, "%s", text);
  model_fail(&fixture->model, target_index, &err, FIXTURE_NOW - ago_ms);
}

static inline void fixture_fini(struct fixture *fixture) {
  model_fini(&fixture->model);
  config_free(fixture->config);
}
