/* The page spark.executors: the executors of an application, also those that are gone. */
#include "clients/spark/spark_contract.h"
#include "collectors/spark/pages/spark_page.h"
#include "collectors/spark/spark_rows.h"

#include <stdlib.h>
#include <string.h>

enum executor_column {
#define COLUMN(name, ...) name,
#include "spark_executors.def"
#undef COLUMN
  EXECUTOR_COLUMN_COUNT
};
static const struct column_spec columns[EXECUTOR_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "spark_executors.def"
#undef COLUMN
};
static const struct table_spec executors_table = {.id = "executors",
                                                  .title = "Executors",
                                                  .columns = columns,
                                                  .column_count = EXECUTOR_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&executors_table};

static struct value first_line(struct sample *sample, const char *text) {
  return *text ? value_text(sample_text(sample, text, strcspn(text, "\r\n"))) : value_none(NULL);
}

/* False if the sample is full. */
static bool add(struct spark_page_call *call, const struct spark_executor *executor) {
  static const char none[] = "not reported";
  struct sample *sample = call->sample;
  const bool lost = spark_executor_is_lost(executor);
  struct row *row = table_find(call->table, executor->id)
                        ? NULL
                        : sample_row(sample, call->table, executor->id, NULL);
  if (!row)
    return !call->table->truncated;
  struct value *cells = row->cells;
  cells[EXECUTOR_ID] = value_text(row->key);
  cells[EXECUTOR_STATE] = value_text(executor->active ? "alive" : lost ? "lost" : "ended");
  cells[EXECUTOR_HOST] = spark_text_cell(sample, executor->host);
  cells[EXECUTOR_CORES] = spark_count_cell(executor->cores, none);
  cells[EXECUTOR_ACTIVE] = spark_count_cell(executor->active_tasks, none);
  cells[EXECUTOR_FAILED] = spark_count_cell(executor->failed_tasks, none);
  cells[EXECUTOR_DONE] = spark_count_cell(executor->completed_tasks, none);
  cells[EXECUTOR_TIME] = spark_time_cell(executor->task_ms, none);
  cells[EXECUTOR_GC] = executor->task_ms > 0 && executor->gc_ms >= 0
                           ? value_real(executor->gc_ms < executor->task_ms
                                            ? (double)executor->gc_ms / (double)executor->task_ms
                                            : 1)
                           : value_none("no task has ended");
  cells[EXECUTOR_STORAGE] = spark_count_cell(executor->memory_used, none);
  cells[EXECUTOR_STORAGE_MAX] = spark_count_cell(executor->memory_max, none);
  cells[EXECUTOR_HEAP] = spark_count_cell(executor->heap_peak, "not reported: before Spark 3.0");
  cells[EXECUTOR_INPUT] = spark_count_cell(executor->input, none);
  cells[EXECUTOR_READ] = spark_count_cell(executor->shuffle_read, none);
  cells[EXECUTOR_WRITE] = spark_count_cell(executor->shuffle_write, none);
  cells[EXECUTOR_REASON] = first_line(sample, executor->reason);
  cells[EXECUTOR_ADDED] = spark_count_cell(executor->added_ms, none);
  if (lost) {
    row->severity = SEVERITY_WARN;
    row->reason = *executor->reason ? cells[EXECUTOR_REASON].text : "lost";
  }
  return true;
}

static int rank_of(const struct spark_executor *executor) {
  return spark_executor_is_lost(executor) ? 0 : executor->active ? 1 : 2;
}

static int by_state(const void *a, const void *b) {
  const struct spark_executor *left = a, *right = b;
  const int ranks = rank_of(left) - rank_of(right);
  return ranks ? ranks : strcmp(left->id, right->id);
}

static bool fill(struct spark_page_call *call, const json_t *json, struct err *err) {
  struct spark_executors executors;
  bool room = true;
  if (!spark_executors_read(json, call->arena, &executors, err))
    return false;
  if (executors.count > 1)
    qsort(executors.items, executors.count, sizeof *executors.items, by_state);
  for (size_t i = 0; room && i < executors.count && call->table->row_count < call->focus->rows; i++)
    room = add(call, &executors.items[i]);
  if (call->table->row_count < executors.total)
    sample_note(call->sample, executors_table.id, NULL, "%zu of %zu shown: lost ones first",
                call->table->row_count, executors.total);
  return true;
}

const struct page page_spark_executors = {
    .spec = {.id = "spark.executors",
             .kind = SPARK_KIND,
             .row_of = SPARK_APPS_TABLE,
             .title = "Executors",
             .question = "Which executors are lost, fail tasks or collect?",
             .cost = "1 request every 5s, about 2 KB an executor",
             .interval_ms = 5000,
             .timeout_ms = 60000, /* a history server reads the log of the application first */
             PAGE_TABLES(tables)},
    .watch = &spark_page_watch,
    .own = &(const struct spark_page){.path = "/allexecutors", .fill = fill},
};
