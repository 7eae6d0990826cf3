#include "collectors/spark/spark_rows.h"

#include "clients/spark/spark_contract.h"
#include "collectors/spark/spark_trend.h"

#include <assert.h>
#include <string.h>

enum { ARENA_MAX = 32 << 20 };

enum summary_column {
#define COLUMN(name, ...) name,
#include "spark_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};
static const struct column_spec columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "spark_summary.def"
#undef COLUMN
};
static const struct table_spec summary_table = {.id = SPARK_SUMMARY_TABLE,
                                                .title = "Spark",
                                                .flags = TABLE_SUMMARY,
                                                .columns = columns,
                                                .column_count = SUMMARY_COLUMN_COUNT};

enum { TABLE_SUM, TABLE_APPS, TABLE_STREAMS, TABLE_FAILURES };
const struct table_spec *const spark_tables[SPARK_TABLES] = {[TABLE_SUM] = &summary_table,
                                                             [TABLE_APPS] = &spark_apps_table,
                                                             [TABLE_STREAMS] = &spark_streams_table,
                                                             [TABLE_FAILURES] =
                                                                 &spark_failures_table};

const char *const spark_detail_paths[SPARK_DETAIL_COUNT] = {
    [SPARK_METRICS] = NULL, /* of the driver, not of the application */
    [SPARK_EXECUTORS] = "/allexecutors",
    [SPARK_STAGES] = "/stages?status=failed",
    [SPARK_JOBS] = "/jobs?status=failed",
    [SPARK_STREAMING] = "/streaming/statistics",
};

void spark_memory_fini(struct spark_memory *memory) {
  row_past_fini(&memory->past);
  spark_gc_fini(&memory->gc);
  spark_trends_free(memory->trends);
}

struct value spark_count_cell(int64_t count, const char *none) {
  return count < 0 ? value_none(none) : value_int(count);
}

struct value spark_time_cell(int64_t ms, const char *none) {
  return ms < 0 ? value_none(none) : value_real((double)ms / 1000);
}

struct value spark_text_cell(struct sample *sample, const char *text) {
  return text && *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

bool spark_app_is(const struct spark_app *app, const char *only) {
  return !only || strcmp(app->name, only) == 0 || strcmp(app->id, only) == 0;
}

/* ---- what a driver says */

static bool read_detail(struct spark_said *said, enum spark_detail which, struct arena *arena,
                        struct err *err) {
  const struct web_asked *asked = said->details->asked[which];
  *err = asked->err;
  if (err->kind != ERR_NONE)
    return false;
  switch (which) {
  case SPARK_METRICS:
    return spark_metrics_read(asked->json, arena, &said->metrics, err);
  case SPARK_EXECUTORS:
    return spark_executors_read(asked->json, arena, &said->executors, err);
  case SPARK_STAGES:
    return spark_stages_read(asked->json, arena, &said->stages, err);
  case SPARK_JOBS:
    return spark_jobs_read(asked->json, arena, &said->jobs, err);
  case SPARK_STREAMING:
    return spark_dstream_read(asked->json, &said->stream, err);
  default:
    return false;
  }
}

/* A part that an application need not have: no stream, or metrics that are switched off. */
static bool may_lack(const struct web_asked *asked, enum spark_detail which) {
  return asked->status == 404 && (which == SPARK_STREAMING || which == SPARK_METRICS);
}

static void read_driver(struct spark_reading *reading, const struct spark_details *details,
                        struct spark_said *said) {
  static const char *const tables[SPARK_DETAIL_COUNT] = {[SPARK_METRICS] = SPARK_APPS_TABLE,
                                                         [SPARK_EXECUTORS] = SPARK_APPS_TABLE,
                                                         [SPARK_STAGES] = SPARK_FAILURES_TABLE,
                                                         [SPARK_JOBS] = SPARK_FAILURES_TABLE,
                                                         [SPARK_STREAMING] = SPARK_STREAMS_TABLE};
  *said = (struct spark_said){.details = details};
  for (enum spark_detail i = 0; i < SPARK_DETAIL_COUNT; i++) {
    struct err err;
    said->has[i] = read_detail(said, i, &reading->arena, &err);
    if (said->has[i])
      continue;
    said->none[i] = sample_copy(reading->sample, err.text);
    if (may_lack(details->asked[i], i))
      said->none[i] =
          i == SPARK_METRICS ? "the driver has no /metrics/json (MetricsServlet)" : NULL;
    else
      sample_fault(reading->sample, tables[i], SEVERITY_UNKNOWN, "%s: %s", details->app->name,
                   err.text);
  }
}

/* ---- the summary */

static void fill_summary(struct spark_reading *reading) {
  const struct spark_answers *answers = reading->answers;
  struct sample *sample = reading->sample;
  struct row *row = sample_row(sample, &sample->tables[TABLE_SUM], answers->name, NULL);
  int64_t running = 0, ended = 0, live = 0;
  assert(row); /* one row fits into any ceiling */
  for (size_t i = 0; i < answers->apps->count; i++) {
    const struct spark_app *app = &answers->apps->items[i];
    if (!spark_app_is(app, answers->only))
      continue;
    running += !app->completed;
    ended += app->completed;
    live += app->live;
  }
  const bool more = answers->apps->count < answers->apps->total;
  row->cells[SUMMARY_NAME] = value_text(row->key);
  row->cells[SUMMARY_RUNNING] = more ? value_at_least(value_int(running)) : value_int(running);
  row->cells[SUMMARY_ENDED] = more ? value_at_least(value_int(ended)) : value_int(ended);
  row->cells[SUMMARY_FAILED] =
      live > 0 ? value_int(reading->failures)
               : value_none("a history server is not asked for them: open a page");
  row->cells[SUMMARY_LATENCY] = value_real((double)answers->latency_us / 1e6);
  row->cells[SUMMARY_ROLE] = value_text(live > 0 ? "driver" : "history server");
  row->cells[SUMMARY_VERSION] = *answers->version
                                    ? value_text(sample_copy(sample, answers->version))
                                    : value_none("not said");
}

/* An application that is configured and that nothing lists: the stream is down. */
static void miss(struct spark_reading *reading) {
  const struct spark_apps *apps = reading->answers->apps;
  const char *only = reading->answers->only;
  for (size_t i = 0; i < apps->count; i++)
    if (spark_app_is(&apps->items[i], only))
      return;
  if (only && apps->count == 0)
    sample_fault(reading->sample, NULL, SEVERITY_CRIT, "no application runs, and none is \"%.80s\"",
                 only);
  else if (only)
    sample_fault(reading->sample, NULL, SEVERITY_CRIT,
                 "no application is \"%.80s\", \"%.80s\" answers: has it ended, or another port "
                 "(option ports)?",
                 only, apps->items[0].name);
}

struct sample *spark_sample(const struct spark_answers *answers, struct spark_memory *memory) {
  struct spark_reading reading = {.answers = answers, .memory = memory};
  struct spark_said said;
  arena_init(&reading.arena, ARENA_MAX);
  reading.sample = sample_new(spark_tables, SPARK_TABLES);
  struct table *tables = reading.sample->tables;
  row_past_begin(&memory->past);
  spark_gc_begin(&memory->gc);
  spark_trends_begin(&memory->trends);
  for (size_t i = 0; i < answers->detail_count; i++) {
    read_driver(&reading, &answers->details[i], &said);
    spark_apps_fill(&reading, &tables[TABLE_APPS], &said);
    spark_streams_fill(&reading, &tables[TABLE_STREAMS], &said);
    spark_failures_fill(&reading, &tables[TABLE_FAILURES], &said);
  }
  spark_apps_fill(&reading, &tables[TABLE_APPS], NULL);
  fill_summary(&reading);
  miss(&reading);
  if (reading.arena.exhausted)
    sample_fault(reading.sample, NULL, SEVERITY_UNKNOWN,
                 "the answers are too large: a part is cut");
  if (answers->apps->count < answers->apps->total)
    sample_note(reading.sample, SPARK_APPS_TABLE, NULL, "%zu of %zu applications are read",
                answers->apps->count, answers->apps->total);
  reading.sample->server =
      sample_printf(reading.sample, "Spark%s%s", *answers->version ? " " : "", answers->version);
  arena_fini(&reading.arena);
  return reading.sample;
}
