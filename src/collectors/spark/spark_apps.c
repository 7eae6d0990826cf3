/* The table of applications: those whose driver answers, then what a history server lists. */
#include "clients/spark/spark_contract.h"
#include "collectors/spark/spark_rows.h"

#include <string.h>

enum app_column {
#define COLUMN(name, ...) name,
#include "spark_apps.def"
#undef COLUMN
  APP_COLUMN_COUNT
};
static const struct column_spec columns[APP_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "spark_apps.def"
#undef COLUMN
};
const struct table_spec spark_apps_table = {.id = SPARK_APPS_TABLE,
                                            .title = "Applications",
                                            .columns = columns,
                                            .column_count = APP_COLUMN_COUNT};

static const char not_asked[] = "a history server is not asked: it would read the whole log";
static const char old[] = "this version does not say";

struct sums {
  int64_t alive, lost, cores, active, failed, storage, storage_max;
  double gc;
  const char *gc_executor;
};

static void add_sums(struct spark_reading *reading, const struct spark_said *said,
                     struct sums *sums) {
  for (size_t i = 0; i < said->executors.count; i++) {
    const struct spark_executor *executor = &said->executors.items[i];
    const bool driver = strcmp(executor->id, "driver") == 0;
    if (executor->failed_tasks > 0)
      sums->failed += executor->failed_tasks;
    sums->lost += spark_executor_is_lost(executor);
    if (!executor->active)
      continue;
    sums->alive += !driver;
    if (executor->cores > 0)
      sums->cores += executor->cores;
    if (executor->active_tasks > 0)
      sums->active += executor->active_tasks;
    if (executor->memory_used >= 0 && executor->memory_max > 0) {
      sums->storage += executor->memory_used;
      sums->storage_max += executor->memory_max;
    }
    const char *key = arena_printf(&reading->arena, "%s/%s", said->details->key, executor->id);
    const double share =
        spark_gc_share(&reading->memory->gc, key, executor->gc_ms, executor->task_ms);
    if (share > sums->gc) {
      sums->gc = share;
      sums->gc_executor = executor->id;
    }
  }
}

static void fill_executors(struct spark_reading *reading, const struct spark_said *said,
                           struct value *cells) {
  struct sample *sample = reading->sample;
  struct sums sums = {.gc = -1};
  add_sums(reading, said, &sums);
  cells[APP_EXECUTORS] = value_int(sums.alive);
  cells[APP_DEAD] = value_int(sums.lost);
  cells[APP_CORES] = value_int(sums.cores);
  cells[APP_TASKS] = value_int(sums.active);
  cells[APP_FAILED_TASKS] =
      row_past_rate(&reading->memory->past, SPARK_APPS_TABLE, "failed_tasks", said->details->key,
                    (double)sums.failed, reading->answers->now_us);
  cells[APP_GC] =
      sums.gc < 0 ? value_none("no executor has 10s of tasks yet") : value_real(sums.gc);
  if (sums.gc_executor)
    cells[APP_GC_EXECUTOR] = value_text(sample_copy(sample, sums.gc_executor));
  cells[APP_STORAGE] = sums.storage_max > 0
                           ? value_real((double)sums.storage / (double)sums.storage_max)
                           : value_none(old);
  if (said->executors.count < said->executors.total)
    sample_fault(sample, SPARK_APPS_TABLE, SEVERITY_UNKNOWN, "%s: %zu of %zu executors are read",
                 said->details->app->name, said->executors.count, said->executors.total);
}

static void fill_heap(const struct spark_said *said, struct value *cells) {
  static const char no_max[] = "needs the JvmSource of the driver: "
                               "spark.metrics.conf.driver.source.jvm.class="
                               "org.apache.spark.metrics.source.JvmSource";
  const struct spark_metrics *metrics = &said->metrics;
  cells[APP_HEAP] = spark_count_cell(metrics->heap_used, old);
  cells[APP_HEAP_MAX] = metrics->heap_max > 0 ? value_int(metrics->heap_max) : value_none(no_max);
  cells[APP_HEAP_RATIO] = metrics->heap_max > 0 && metrics->heap_used >= 0
                              ? value_real((double)metrics->heap_used / (double)metrics->heap_max)
                              : value_none(no_max);
}

static void none_of(struct value *cells, size_t from, size_t to, const char *why) {
  for (size_t i = from; i <= to; i++)
    cells[i] = value_none(why);
}

/* What its driver says, or why not. */
static void fill_driver(struct spark_reading *reading, const struct spark_said *said,
                        struct value *cells) {
  struct sample *sample = reading->sample;
  cells[APP_ADDRESS] = spark_text_cell(sample, said->details->address);
  none_of(cells, APP_EXECUTORS, APP_GC_EXECUTOR, said->none[SPARK_EXECUTORS]);
  cells[APP_STORAGE] = value_none(said->none[SPARK_EXECUTORS]);
  none_of(cells, APP_HEAP, APP_HEAP_MAX, said->none[SPARK_METRICS]);
  if (said->has[SPARK_EXECUTORS])
    fill_executors(reading, said, cells);
  if (said->has[SPARK_METRICS])
    fill_heap(said, cells);
  cells[APP_FAILED_STAGES] = said->has[SPARK_STAGES] ? value_int((int64_t)said->stages.total)
                                                     : value_none(said->none[SPARK_STAGES]);
}

static int64_t runs_ms(const struct spark_app *app, int64_t now_ms) {
  if (app->start_ms < 0)
    return -1;
  if (app->completed)
    return app->end_ms >= app->start_ms ? app->end_ms - app->start_ms : app->duration_ms;
  return now_ms > app->start_ms ? now_ms - app->start_ms : 0;
}

/* False if the sample is full. */
static bool add(struct spark_reading *reading, struct table *table, const struct spark_app *app,
                const struct spark_said *said) {
  struct sample *sample = reading->sample;
  const int64_t now_ms = reading->answers->now_ms;
  const char *key = spark_app_key(app, &reading->arena);
  struct row *row = sample_row(sample, table, key, NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  cells[APP_NAME] = value_text(sample_copy(sample, *app->name ? app->name : app->id));
  cells[APP_ID] = value_text(*app->attempt ? sample_printf(sample, "%s/%s", app->id, app->attempt)
                                           : sample_copy(sample, app->id));
  cells[APP_STATE] = value_text(app->completed ? "ended" : app->live ? "running" : "log open");
  cells[APP_DURATION] = spark_time_cell(runs_ms(app, now_ms), "its start is not known");
  cells[APP_USER] = spark_text_cell(sample, app->user);
  cells[APP_STARTED] = spark_count_cell(app->start_ms, "not known");
  if (!app->live && app->updated_ms >= 0)
    cells[APP_UPDATED] =
        spark_time_cell(now_ms > app->updated_ms ? now_ms - app->updated_ms : 0, NULL);
  if (said) {
    fill_driver(reading, said, cells);
    return true;
  }
  none_of(cells, APP_EXECUTORS, APP_STORAGE,
          app->live ? "too many applications: only the first are asked" : not_asked);
  return true;
}

static bool is_asked(const struct spark_answers *answers, const struct spark_app *app) {
  for (size_t i = 0; i < answers->detail_count; i++)
    if (answers->details[i].app == app)
      return true;
  return false;
}

void spark_apps_fill(struct spark_reading *reading, struct table *table,
                     const struct spark_said *said) {
  const struct spark_answers *answers = reading->answers;
  bool room = true;
  if (said) {
    if (!table_find(table, said->details->key))
      add(reading, table, said->details->app, said);
    return;
  }
  for (int open = 1; open >= 0; open--)
    for (size_t i = 0; room && i < answers->apps->count; i++) {
      const struct spark_app *app = &answers->apps->items[i];
      if (app->completed != (open == 0) || is_asked(answers, app) ||
          !spark_app_is(app, answers->only) ||
          table_find(table, spark_app_key(app, &reading->arena)))
        continue;
      room = add(reading, table, app, NULL);
    }
}
