/* The page spark.batches: the batches of DStreams; of Structured Streaming, for which Spark's API
 * has nothing, the executions of SQL that say which batch they are of. */
#include "clients/spark/spark_batches.h"
#include "clients/spark/spark_contract.h"
#include "collectors/spark/pages/spark_page.h"
#include "collectors/spark/spark_rows.h"

#include <ctype.h>
#include <string.h>

enum batch_column {
#define COLUMN(name, ...) name,
#include "spark_batches.def"
#undef COLUMN
  BATCH_COLUMN_COUNT
};
static const struct column_spec columns[BATCH_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "spark_batches.def"
#undef COLUMN
};
static const struct table_spec batches_table = {
    .id = "batches", .title = "Batches", .columns = columns, .column_count = BATCH_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&batches_table};

static const char *lower(struct sample *sample, const char *text) {
  char word[24] = "";
  for (size_t i = 0; text[i] && i < sizeof word - 1; i++)
    word[i] = (char)tolower((unsigned char)text[i]);
  return sample_copy(sample, word);
}

/* False if the sample is full. */
static bool add(struct spark_page_call *call, const struct spark_batch *batch) {
  struct sample *sample = call->sample;
  const char *none = call->other ? "Spark reports it of DStreams only" : "not yet";
  struct row *row = table_find(call->table, batch->key)
                        ? NULL
                        : sample_row(sample, call->table, batch->key, NULL);
  if (!row)
    return !call->table->truncated;
  struct value *cells = row->cells;
  cells[BATCH_TIME] = spark_count_cell(batch->at_ms, "not known");
  cells[BATCH_STREAM] = spark_text_cell(sample, batch->stream);
  cells[BATCH_NUMBER] = spark_count_cell(batch->number, NULL);
  cells[BATCH_STATUS] = value_text(lower(sample, batch->status));
  cells[BATCH_RECORDS] = spark_count_cell(batch->records, none);
  cells[BATCH_DELAY] = spark_time_cell(batch->delay_ms, none);
  cells[BATCH_PROCESSING] = spark_time_cell(batch->processing_ms, none);
  cells[BATCH_TOTAL] = spark_time_cell(batch->total_ms, none);
  cells[BATCH_FAILED] = spark_count_cell(batch->failed, none);
  cells[BATCH_REASON] = spark_text_cell(sample, batch->reason);
  if (batch->failed > 0 || strcmp(batch->status, "FAILED") == 0) {
    row->severity = SEVERITY_WARN;
    row->reason = *batch->reason ? sample_copy(sample, batch->reason) : "failed";
  }
  return true;
}

static bool fill(struct spark_page_call *call, const json_t *json, struct err *err) {
  struct spark_batches batches;
  bool room = true;
  if (!(call->other ? spark_sql_batches_read(json, call->query, call->arena, &batches, err)
                    : spark_batches_read(json, call->arena, &batches, err)))
    return false;
  for (size_t i = 0; room && i < batches.count && call->table->row_count < call->focus->rows; i++)
    room = add(call, &batches.items[i]);
  if (call->table->row_count < batches.total)
    sample_note(call->sample, batches_table.id, NULL, "%zu of %zu shown: the newest",
                call->table->row_count, batches.total);
  else if (batches.total == 0)
    sample_note(call->sample, batches_table.id, NULL, "%s",
                call->other ? "no execution of SQL is a batch of a stream" : "no batch yet");
  return true;
}

const struct page page_spark_batches = {
    .spec = {.id = "spark.batches",
             .kind = SPARK_KIND,
             .row_of = SPARK_STREAMS_TABLE,
             .also_of = SPARK_APPS_TABLE,
             .title = "Batches",
             .question = "Which batches wait, take long or fail?",
             .cost = "1 request every 5s, about 400 bytes a batch (up to 1,000)",
             .interval_ms = 5000,
             .timeout_ms = 60000, /* a history server reads the log of the application first */
             PAGE_TABLES(tables)},
    .watch = &spark_page_watch,
    .own = &(const struct spark_page){.path = "/streaming/batches",
                                      .or_path = "/sql?details=false&planDescription=false"
                                                 "&length=10000",
                                      .fill = fill},
};
