/* Answers of Spark's monitoring API (driver and history server). Pure. Texts are copied to the
 * arena, cut where they are too long; bytes of a server: sanitise them for display. Numbers that
 * the answer does not have are -1. */
#pragma once

#include "core/arena.h"
#include "core/err.h"

#include <jansson.h>
#include <stdint.h>

enum {
  SPARK_TEXT_MAX = 2048,
  SPARK_KEY_MAX = 256,
  SPARK_APPS_MAX = 200,
  SPARK_EXECUTORS_MAX = 10000, /* kept of an application; further ones are counted */
  SPARK_STAGES_MAX = 2000,
  SPARK_JOBS_MAX = 2000,
  SPARK_QUERIES_MAX = 64,
};

/* "2026-11-28T02:07:48.671GMT" in milliseconds since 1970; -1 if it is not such a time. */
int64_t spark_time_ms(const char *text);
/* The version in the answer to /api/v1/version; NULL with err. Belongs to the tree. */
const char *spark_version(const json_t *json, struct err *err);
/* What a stage failed with, without what wraps it: "ValueError: bad record 7" of a Python
 * traceback, else the exception of the task. One line, in the arena. */
const char *spark_reason(const char *text, struct arena *arena);

/* The last attempt of an application. */
struct spark_app {
  const char *id, *attempt, *name, *user, *version; /* attempt "": it has only one */
  int64_t start_ms, end_ms, updated_ms, duration_ms;
  bool completed;
  /* The answer is that of its driver: it says as time of the last update that of the start. A
   * history server says when the log was written. */
  bool live;
  unsigned port_offset; /* of the port that answered, from that of url */
};
struct spark_apps {
  struct spark_app *items;
  size_t count, total;
};
/* Appends what the answer to SPARK_APPS_PATH has. False with err if it is not one. */
bool spark_apps_read(const json_t *json, unsigned port_offset, struct arena *arena,
                     struct spark_apps *apps, struct err *err) MUST_CHECK;
/* The key of its row: "ID" or "ID/ATTEMPT", and "@2" if it is at the second port after that of url;
 * in the arena. */
const char *spark_app_key(const struct spark_app *app, struct arena *arena);
/* The path of the API that it is at, with its end "/jobs", or NULL if the key is not one; and the
 * offset of the port. In the arena. */
const char *spark_app_path(const char *key, const char *end, unsigned *port_offset,
                           struct arena *arena);
/* The URL with its port moved by that; in the arena, NULL where there is no such port. */
const char *spark_url_at(const char *url, unsigned port_offset, struct arena *arena);

struct spark_executor {
  const char *id, *host, *reason; /* why it was removed; "" */
  bool active;
  int64_t cores, active_tasks, failed_tasks, completed_tasks;
  int64_t task_ms, gc_ms;          /* of all its tasks */
  int64_t memory_used, memory_max; /* of storage */
  int64_t heap_peak;
  int64_t input, shuffle_read, shuffle_write;
  int64_t added_ms, removed_ms;
};
struct spark_executors {
  struct spark_executor *items;
  size_t count, total;
};
bool spark_executors_read(const json_t *json, struct arena *arena,
                          struct spark_executors *executors, struct err *err) MUST_CHECK;
/* Whether it is gone although the driver did not end it (idle, no longer needed). */
bool spark_executor_is_lost(const struct spark_executor *executor);

struct spark_stage {
  const char *name, *status, *reason; /* reason: spark_reason; "" */
  int64_t id, attempt;
  int64_t tasks, active, complete, failed;
  int64_t submitted_ms, completed_ms;
  int64_t run_ms, gc_ms, input, input_records, shuffle_read, shuffle_write, spilled;
};
struct spark_stages {
  struct spark_stage *items;
  size_t count, total;
};
bool spark_stages_read(const json_t *json, struct arena *arena, struct spark_stages *stages,
                       struct err *err) MUST_CHECK;

enum { SPARK_JOB_STAGES_MAX = 64 };
struct spark_job {
  const char *name;
  int64_t id, completed_ms;
  int64_t stages[SPARK_JOB_STAGES_MAX];
  size_t stage_count;
};
struct spark_jobs {
  struct spark_job *items;
  size_t count, total;
};
bool spark_jobs_read(const json_t *json, struct arena *arena, struct spark_jobs *jobs,
                     struct err *err) MUST_CHECK;

/* The answer to streaming/statistics: DStreams. Averages are over the batches that the driver still
 * has (spark.streaming.ui.retainedBatches). */
struct spark_dstream {
  int64_t interval_ms, started_ms;
  int64_t completed, active;
  int64_t processing_ms, delay_ms; /* averages */
  int64_t receivers, active_receivers;
  int64_t received;  /* records since the start */
  double input_rate; /* average per second */
};
bool spark_dstream_read(const json_t *json, struct spark_dstream *stream,
                        struct err *err) MUST_CHECK;

/* A query of Structured Streaming: its last trigger. */
struct spark_query {
  const char *name;
  double input_rate, processing_rate; /* rows per second */
  int64_t latency_ms, state_rows, state_bytes;
};
/* Of the answer to SPARK_METRICS_PATH. */
struct spark_metrics {
  int64_t heap_used, heap_max;                       /* heap_max: only with the JvmSource */
  int64_t processing_ms, delay_ms, waiting, running; /* of DStreams: the last completed batch */
  int64_t completed, received, last_end_ms;
  struct spark_query queries[SPARK_QUERIES_MAX];
  size_t query_count;
  bool queries_cut; /* there are more */
  bool has_queries; /* Structured Streaming is in use, whether or not it reports metrics */
};
bool spark_metrics_read(const json_t *json, struct arena *arena, struct spark_metrics *metrics,
                        struct err *err) MUST_CHECK;
