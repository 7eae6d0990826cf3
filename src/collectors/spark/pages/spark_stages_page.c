/* The page spark.stages: the stages of an application. */
#include "clients/spark/spark_contract.h"
#include "collectors/spark/pages/spark_page.h"
#include "collectors/spark/spark_rows.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum stage_column {
#define COLUMN(name, ...) name,
#include "spark_stages.def"
#undef COLUMN
  STAGE_COLUMN_COUNT
};
static const struct column_spec columns[STAGE_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "spark_stages.def"
#undef COLUMN
};
static const struct table_spec stages_table = {
    .id = "stages", .title = "Stages", .columns = columns, .column_count = STAGE_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&stages_table};

static const char *lower(struct sample *sample, const char *text) {
  char word[24] = "";
  for (size_t i = 0; text[i] && i < sizeof word - 1; i++)
    word[i] = (char)tolower((unsigned char)text[i]);
  return sample_copy(sample, word);
}

static int64_t took_ms(const struct spark_stage *stage, int64_t now_ms) {
  const int64_t end_ms = stage->completed_ms >= 0 ? stage->completed_ms : now_ms;
  return stage->submitted_ms < 0        ? -1
         : end_ms > stage->submitted_ms ? end_ms - stage->submitted_ms
                                        : 0;
}

/* False if the sample is full. */
static bool add(struct spark_page_call *call, const struct spark_stage *stage) {
  static const char none[] = "not reported";
  struct sample *sample = call->sample;
  const char *key = arena_printf(call->arena, "%" PRId64 ".%" PRId64, stage->id, stage->attempt);
  struct row *row =
      table_find(call->table, key) ? NULL : sample_row(sample, call->table, key, NULL);
  if (!row)
    return !call->table->truncated;
  struct value *cells = row->cells;
  cells[STAGE_ID] = value_text(row->key);
  cells[STAGE_STATUS] = value_text(lower(sample, stage->status));
  cells[STAGE_NAME] = spark_text_cell(sample, stage->name);
  cells[STAGE_DONE] = spark_count_cell(stage->complete, none);
  cells[STAGE_TASKS] = spark_count_cell(stage->tasks, none);
  cells[STAGE_ACTIVE] = spark_count_cell(stage->active, none);
  cells[STAGE_FAILED] = spark_count_cell(stage->failed, none);
  cells[STAGE_TIME] = spark_time_cell(took_ms(stage, call->now_ms), "not submitted");
  cells[STAGE_INPUT] = spark_count_cell(stage->input, none);
  cells[STAGE_READ] = spark_count_cell(stage->shuffle_read, none);
  cells[STAGE_WRITE] = spark_count_cell(stage->shuffle_write, none);
  cells[STAGE_SPILL] = spark_count_cell(stage->spilled, none);
  cells[STAGE_GC] = stage->run_ms > 0 && stage->gc_ms >= 0
                        ? value_real((double)stage->gc_ms / (double)stage->run_ms)
                        : value_none("no task has ended");
  cells[STAGE_REASON] = spark_text_cell(sample, stage->reason);
  cells[STAGE_SUBMITTED] = spark_count_cell(stage->submitted_ms, "not submitted");
  if (strcmp(stage->status, "FAILED") == 0) {
    row->severity = SEVERITY_WARN;
    row->reason = *stage->reason ? sample_copy(sample, stage->reason) : "failed";
  }
  return true;
}

static int rank_of(const struct spark_stage *stage) {
  static const char *const order[] = {"ACTIVE", "FAILED", "PENDING"};
  for (int i = 0; i < 3; i++)
    if (strcmp(stage->status, order[i]) == 0)
      return i;
  return 3;
}

static int by_state(const void *a, const void *b) {
  const struct spark_stage *left = a, *right = b;
  const int ranks = rank_of(left) - rank_of(right);
  return ranks ? ranks : (left->id < right->id) - (left->id > right->id);
}

static bool fill(struct spark_page_call *call, const json_t *json, struct err *err) {
  struct spark_stages stages;
  bool room = true;
  if (!spark_stages_read(json, call->arena, &stages, err))
    return false;
  if (stages.count > 1)
    qsort(stages.items, stages.count, sizeof *stages.items, by_state);
  for (size_t i = 0; room && i < stages.count && call->table->row_count < call->focus->rows; i++)
    room = add(call, &stages.items[i]);
  if (call->table->row_count < stages.total)
    sample_note(call->sample, stages_table.id, NULL,
                "%zu of %zu shown: active and failed ones first", call->table->row_count,
                stages.total);
  return true;
}

const struct page page_spark_stages = {
    .spec = {.id = "spark.stages",
             .kind = SPARK_KIND,
             .row_of = SPARK_APPS_TABLE,

             .title = "Stages",
             .question = "Which stages run, failed, or take long?",
             .cost = "1 request every 10s, about 3 KB a stage (up to 1,000)",
             .interval_ms = 10000,
             .timeout_ms = 60000, /* a history server reads the log of the application first */
             PAGE_TABLES(tables)},
    .watch = &spark_page_watch,
    .own = &(const struct spark_page){.path = "/stages", .fill = fill},
};
