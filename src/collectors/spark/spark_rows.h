/* From the answers of a Spark to a sample. No input or output; the time is passed in. */
#pragma once

#include "clients/spark/spark.h"
#include "clients/web/web_batch.h"
#include "collectors/row_past.h"
#include "collectors/spark/spark_gc.h"
#include "model/sample.h"

enum { SPARK_TABLES = 4, SPARK_DETAILS_MAX = 16 };
extern const struct table_spec *const spark_tables[SPARK_TABLES];

/* What is asked of the driver of an application. */
enum spark_detail {
  SPARK_METRICS,
  SPARK_EXECUTORS,
  SPARK_STAGES,
  SPARK_JOBS,
  SPARK_STREAMING,
  SPARK_DETAIL_COUNT
};
extern const char *const spark_detail_paths[SPARK_DETAIL_COUNT]; /* after that of the application */

struct spark_details {
  const struct spark_app *app;
  const char *key, *address; /* of its row; of its driver */
  const struct web_asked *asked[SPARK_DETAIL_COUNT];
};
/* What a collection keeps for the next one: zero at first. */
struct spark_memory {
  struct row_past past;
  struct spark_gc gc;
  struct spark_trends *trends;
};
void spark_memory_fini(struct spark_memory *memory);

struct spark_answers {
  const char *name, *only; /* of the target; the option application, NULL: all */
  const char *version;     /* of Spark; "" */
  const struct spark_apps *apps;
  struct spark_details details[SPARK_DETAILS_MAX];
  size_t detail_count;
  int64_t now_ms, now_us; /* wall time; steady clock */
  int64_t recent_ms;
  int64_t latency_us;
};
struct sample *spark_sample(const struct spark_answers *answers, struct spark_memory *memory);
/* Whether the option application means it: its name or its id. */
bool spark_app_is(const struct spark_app *app, const char *only);

/* ---- for the files of the tables */

struct spark_reading {
  const struct spark_answers *answers;
  struct spark_memory *memory;
  struct sample *sample;
  struct arena arena; /* of what the answers say */
  int64_t failures;
};
extern const struct table_spec spark_apps_table, spark_streams_table, spark_failures_table;

/* What an application's driver says; `has` without an answer, `none` why. */
struct spark_said {
  const struct spark_details *details;
  struct spark_metrics metrics;
  struct spark_executors executors;
  struct spark_stages stages; /* that failed */
  struct spark_jobs jobs;     /* that failed */
  struct spark_dstream stream;
  bool has[SPARK_DETAIL_COUNT];
  const char *none[SPARK_DETAIL_COUNT];
};
struct value spark_count_cell(int64_t count, const char *none);
struct value spark_time_cell(int64_t ms, const char *none); /* milliseconds to seconds */
struct value spark_text_cell(struct sample *sample, const char *text);

void spark_apps_fill(struct spark_reading *reading, struct table *table,
                     const struct spark_said *said);
void spark_streams_fill(struct spark_reading *reading, struct table *table,
                        const struct spark_said *said);
void spark_failures_fill(struct spark_reading *reading, struct table *table,
                         const struct spark_said *said);
