/* A schema of two kinds and some metrics, as the collectors would register them. */
#pragma once

#include "config/config_load.h"
#include "model/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const fixture_runtimes[] = {"compose", "kubernetes", NULL};
static inline bool fixture_is_url(const char *text, struct err *err) {
  return strstr(text, "://") || err_set(err, ERR_INVALID, "\"%s\" is no URL", text);
}
/* Of the two, only the name of a deployment has a slash. */
static inline bool fixture_runtime_check(const char *name, const char *text, struct err *err) {
  return strcmp(name, "compose") != 0 || !strchr(text, '/') ||
         err_set(err, ERR_INVALID, "no service has a slash");
}
static const struct option fixture_service_options[] = {
    {.name = "address", .type = OPTION_TEXT, .required = true, .help = "host:port"},
    {.name = "metrics", .type = OPTION_TEXT, .help = "page of metrics"},
    {.name = "series", .type = OPTION_MAP, .help = "figures of it"},
    {.name = "health",
     .type = OPTION_TEXT,
     .help = "URL of its health endpoint",
     .example = "\"http://api:8000/health\"",
     .check = fixture_is_url},
    {.name = "insecure", .type = OPTION_BOOL, .fallback = "false", .help = "no verification"},
    {.name = "slow", .type = OPTION_DURATION, .fallback = "5s", .min = 1, .max = 60000},
    {.name = "runtime",
     .type = OPTION_MAP,
     .choices = fixture_runtimes,
     .help = "who runs it",
     .check_item = fixture_runtime_check},
    {.name = "environment", .type = OPTION_LIST, .help = "variables"},
};
static const struct option fixture_postgres_options[] = {
    {.name = "dsn", .type = OPTION_SECRET, .required = true, .help = "URI or key=value"},
    {.name = "retention",
     .type = OPTION_MAP,
     .check = retention_check,
     .help = "of tables",
     .example = "{logs: \"at 1d\"}"}};
static const struct option fixture_kafka_options[] = {
    {.name = "bootstrap", .type = OPTION_TEXT, .required = true, .help = "host:port,..."},
    {.name = "groups", .type = OPTION_LIST, .help = "globs"},
    {.name = "properties", .type = OPTION_MAP, .help = "of librdkafka"}};
static const struct option fixture_redis_options[] = {
    {.name = "url", .type = OPTION_SECRET, .required = true, .help = "redis://"},
    {.name = "password", .type = OPTION_SECRET, .help = "instead of in the URL"},
    {.name = "db", .type = OPTION_INT, .min = 0, .max = 15, .fallback = "0"},
    {.name = "mode", .type = OPTION_CHOICE, .choices = fixture_runtimes}};
static const struct option fixture_host_options[] = {
    {.name = "mounts", .type = OPTION_LIST, .help = "mount points"}};

#define FIXTURE_KIND(id, list, title_, options_, ...)                                     \
  static const struct target_kind fixture_##id = {.kind = #id,                            \
                                                  .key = list,                            \
                                                  .title = title_,                        \
                                                  .options = options_,                    \
                                                  .option_count =                         \
                                                      sizeof options_ / sizeof *options_, \
                                                  ##__VA_ARGS__}
FIXTURE_KIND(service, "services", "Services", fixture_service_options);
FIXTURE_KIND(postgres, "postgres", "PostgreSQL", fixture_postgres_options, .has_checks = true);
FIXTURE_KIND(kafka, "kafka", "Kafka", fixture_kafka_options);
FIXTURE_KIND(redis, "redis", "Redis", fixture_redis_options);
FIXTURE_KIND(host, "hosts", "Hosts", fixture_host_options);

static const struct column_spec fixture_columns[] = {
    {.id = "used",
     .unit = UNIT_RATIO,
     .metric = "disk.used",
     .title = "USED",
     .threshold = {.has_warn = true, .has_crit = true, .warn = 0.8, .crit = 0.9}},
    {.id = "lag", .unit = UNIT_COUNT, .metric = "kafka.lag", .title = "LAG"},
    {.id = "memory", .unit = UNIT_BYTES, .metric = "redis.memory", .title = "MEMORY"},
    {.id = "hit",
     .unit = UNIT_RATIO,
     .metric = "redis.hit_ratio",
     .title = "HIT",
     .threshold = {.below = true}},
    {.id = "age", .unit = UNIT_SECONDS, .metric = "postgres.transaction", .title = "AGE"},
    {.id = "rate", .unit = UNIT_PER_SECOND, .metric = "redis.evictions", .title = "EVICT"},
};

static const struct target_kind *const fixture_kinds[] = {
    &fixture_service, &fixture_postgres, &fixture_kafka, &fixture_redis, &fixture_host};
static const struct column_spec *const fixture_metrics[] = {
    &fixture_columns[0], &fixture_columns[1], &fixture_columns[2],
    &fixture_columns[3], &fixture_columns[4], &fixture_columns[5]};
static const struct target_kind *const fixture_metric_kinds[] = {&fixture_host,     &fixture_kafka,
                                                                 &fixture_redis,    &fixture_redis,
                                                                 &fixture_postgres, &fixture_redis};
static const struct column_spec fixture_services_columns[] = {
    {.id = "name", .title = "SERVICE"}, {.id = "address"}, {.id = "state"}};
static const struct column_spec fixture_sessions_columns[] = {{.id = "pid", .title = "PID"},
                                                              {.id = "user"}};
static const struct table_spec fixture_services = {
    .id = "services", .columns = fixture_services_columns, .column_count = 3};
static const struct table_spec fixture_sessions = {
    .id = "sessions", .columns = fixture_sessions_columns, .column_count = 2};
static const struct table_spec *const fixture_of_service[] = {&fixture_services, NULL};
static const struct table_spec *const fixture_of_postgres[] = {&fixture_sessions, NULL};
static const struct table_spec *const fixture_of_none[] = {NULL};
static const struct table_spec *const *const fixture_tables[] = {
    fixture_of_service, fixture_of_postgres, fixture_of_none, fixture_of_none, fixture_of_none};
static const struct action_spec fixture_restart = {
    .id = "service.restart", .kind = "service", .key = 'R'};
static const struct action_spec *const fixture_actions[] = {&fixture_restart, NULL};
static inline bool fixture_key_check(const struct config *config, uint32_t key, struct err *err) {
  (void)config;
  return key != 'N' || err_set(err, ERR_INVALID, "N is taken: next row");
}
static const struct config_schema fixture_schema = {.tables = fixture_tables,
                                                    .actions = fixture_actions,
                                                    .key_check = fixture_key_check,
                                                    .kinds = fixture_kinds,
                                                    .kind_count = 5,
                                                    .metrics = fixture_metrics,
                                                    .metric_count = 6,
                                                    .metric_kinds = fixture_metric_kinds};

/* Loads text that must be valid. */
static inline struct config *fixture_good(const char *text) {
  struct config_errors errors;
  config_errors_init(&errors, "/etc/stacktop/ecap.yaml");
  struct config *config = config_parse(errors.path, text, strlen(text), &fixture_schema, &errors);
  config_errors_print(&errors, stderr);
  assert_non_null(config);
  assert_int_equal(errors.count, 0);
  config_errors_fini(&errors);
  return config;
}
