/* Exercises what is read of the answers of Spark. The first byte says which answer the rest is:
 * applications (a), executors (e), stages (s), jobs (j), statistics of a stream (d), metrics (m),
 * batches (b), executions of SQL (q), or the URL (u) or the key (k) of an application. Holds: what
 * is not the answer is an error with words; texts are never NULL, and bounded; no more is kept than
 * there is room for; the key of an application leads back to it, and to no other path. */
#include "fuzz.h"

#include "clients/spark/spark_batches.h"
#include "clients/spark/spark_contract.h"
#include "core/json/json_tree.h"

#include <math.h>
#include <string.h>

static void check_text(const char *text) {
  assert(text && strlen(text) <= SPARK_TEXT_MAX);
}

/* Nothing of a server gets into a path that could lead elsewhere. */
static void check_path(const char *path) {
  assert(strncmp(path, SPARK_APP_PATH, strlen(SPARK_APP_PATH)) == 0);
  assert(!strstr(path, "..") || !strpbrk(path, "?#% \\"));
  assert(!strstr(path, "/../") && !strstr(path, "//"));
}

static void check_apps(const json_t *json, struct arena *arena) {
  struct spark_apps apps = {0};
  struct err err = {0};
  if (!spark_apps_read(json, 3, arena, &apps, &err)) {
    assert(err.kind != ERR_NONE && *err.text);
    return;
  }
  assert(apps.count <= SPARK_APPS_MAX && apps.count <= apps.total);
  for (size_t i = 0; i < apps.count; i++) {
    unsigned port = 0;
    check_text(apps.items[i].name);
    check_text(apps.items[i].user);
    const char *path = spark_app_path(spark_app_key(&apps.items[i], arena), "/jobs", &port, arena);
    assert(arena->exhausted || (path && port == 3));
    if (path)
      check_path(path);
  }
}

static void check_executors(const json_t *json, struct arena *arena) {
  struct spark_executors executors;
  struct err err = {0};
  if (!spark_executors_read(json, arena, &executors, &err))
    return;
  assert(executors.count <= SPARK_EXECUTORS_MAX && executors.count <= executors.total);
  for (size_t i = 0; i < executors.count; i++) {
    check_text(executors.items[i].reason);
    assert(executors.items[i].gc_ms >= -1 && executors.items[i].removed_ms >= -1);
    assert(!executors.items[i].active || !spark_executor_is_lost(&executors.items[i]));
  }
}

static void check_stages(const json_t *json, struct arena *arena) {
  struct spark_stages stages;
  struct err err = {0};
  if (!spark_stages_read(json, arena, &stages, &err))
    return;
  assert(stages.count <= SPARK_STAGES_MAX && stages.count <= stages.total);
  for (size_t i = 0; i < stages.count; i++) {
    check_text(stages.items[i].reason);
    assert(!strpbrk(stages.items[i].reason, "\r\n"));
  }
}

static void check_jobs(const json_t *json, struct arena *arena) {
  struct spark_jobs jobs;
  struct err err = {0};
  if (!spark_jobs_read(json, arena, &jobs, &err))
    return;
  for (size_t i = 0; i < jobs.count; i++)
    assert(jobs.items[i].id >= 0 && jobs.items[i].stage_count <= SPARK_JOB_STAGES_MAX);
}

static void check_metrics(const json_t *json, struct arena *arena) {
  struct spark_metrics metrics;
  struct err err = {0};
  if (!spark_metrics_read(json, arena, &metrics, &err))
    return;
  assert(metrics.query_count <= SPARK_QUERIES_MAX);
  for (size_t i = 0; i < metrics.query_count; i++) {
    check_text(metrics.queries[i].name);
    assert(isfinite(metrics.queries[i].input_rate) && metrics.queries[i].latency_ms >= -1);
  }
}

static void check_batches(const json_t *json, bool sql, struct arena *arena) {
  struct spark_batches batches;
  struct err err = {0};
  if (!(sql ? spark_sql_batches_read(json, NULL, arena, &batches, &err)
            : spark_batches_read(json, arena, &batches, &err)))
    return;
  assert(batches.count <= SPARK_BATCHES_MAX && batches.count <= batches.total);
  for (size_t i = 0; i < batches.count; i++) {
    check_text(batches.items[i].stream);
    check_text(batches.items[i].reason);
    assert(batches.items[i].key);
  }
}

static void check_json(char which, const json_t *json, struct arena *arena) {
  struct spark_dstream stream;
  struct err err = {0};
  if (which == 'a')
    check_apps(json, arena);
  else if (which == 'e')
    check_executors(json, arena);
  else if (which == 's')
    check_stages(json, arena);
  else if (which == 'j')
    check_jobs(json, arena);
  else if (which == 'm')
    check_metrics(json, arena);
  else if (which == 'd' && spark_dstream_read(json, &stream, &err))
    assert(stream.interval_ms > 0 && stream.processing_ms >= -1 && isfinite(stream.input_rate));
  else
    check_batches(json, which == 'q', arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 100000, .depth = 64, .as_reals = true, .without_nul = true};
  struct arena arena;
  struct err err;
  unsigned port = 0;
  if (size == 0)
    return 0;
  char *text = malloc(size);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  arena_init(&arena, 4 << 20);
  if (*data == 'u') {
    spark_url_at(text, 3, &arena);
  } else if (*data == 'k') {
    const char *path = spark_app_path(text, "/jobs", &port, &arena);
    assert(port < SPARK_PORTS_MAX);
    if (path)
      check_path(path);
  } else {
    json_t *json = json_tree_new(text, size - 1, &limits, &err);
    if (json)
      check_json((char)*data, json, &arena);
    json_decref(json);
  }
  arena_fini(&arena);
  free(text);
  return 0;
}
