/* The table of streams: DStreams of an application, and its queries of Structured Streaming. */
#include "clients/spark/spark_contract.h"
#include "collectors/figures.h"
#include "collectors/spark/spark_rows.h"
#include "collectors/spark/spark_trend.h"

#include <string.h>

enum stream_column {
#define COLUMN(name, ...) name,
#include "spark_streams.def"
#undef COLUMN
  STREAM_COLUMN_COUNT
};
static const struct column_spec columns[STREAM_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "spark_streams.def"
#undef COLUMN
};
const struct table_spec spark_streams_table = {.id = SPARK_STREAMS_TABLE,
                                               .title = "Streams",
                                               .columns = columns,
                                               .column_count = STREAM_COLUMN_COUNT};

static const char no_batch[] = "no batch is completed yet";

/* ---- DStreams */

static struct value rate(struct spark_reading *reading, const char *column, const char *key,
                         int64_t counter) {
  return counter < 0 ? value_none("not reported")
                     : row_past_rate(&reading->memory->past, SPARK_STREAMS_TABLE, column, key,
                                     (double)counter, reading->answers->now_us);
}

/* While a batch hangs, the last completed one says nothing of those that wait behind it. */
static int64_t delay_of(const struct spark_dstream *stream, int64_t last_ms, int64_t waiting) {
  const int64_t queue_ms = waiting > 0 && waiting < 1000000 ? waiting * stream->interval_ms : 0;
  return last_ms > queue_ms ? last_ms : queue_ms > 0 ? queue_ms : last_ms;
}

static void fill_batches(struct spark_reading *reading, const struct spark_said *said,
                         const char *key, struct value *cells) {
  const struct spark_dstream *stream = &said->stream;
  const bool exact = said->has[SPARK_METRICS];
  const int64_t waiting = exact                ? said->metrics.waiting
                          : stream->active > 0 ? stream->active - 1
                                               : stream->active;
  const int64_t processing_ms = exact ? said->metrics.processing_ms : stream->processing_ms;
  const int64_t delay_ms =
      delay_of(stream, exact ? said->metrics.delay_ms : stream->delay_ms, waiting);
  const double interval = (double)stream->interval_ms;
  cells[STREAM_PROCESSING] = spark_time_cell(processing_ms, no_batch);
  cells[STREAM_LOAD] =
      processing_ms < 0 ? value_none(no_batch) : value_real((double)processing_ms / interval);
  cells[STREAM_DELAY] = spark_time_cell(delay_ms, no_batch);
  cells[STREAM_BEHIND] =
      delay_ms < 0 ? value_none(no_batch) : value_real((double)delay_ms / interval);
  cells[STREAM_QUEUED] = spark_count_cell(waiting, "not reported");
  const char *trend = delay_ms < 0 ? NULL
                                   : spark_trend(&reading->memory->trends, key, delay_ms,
                                                 stream->interval_ms, reading->answers->now_us);
  cells[STREAM_TREND] = trend ? value_text(trend) : value_none("needs half a minute");
  if (!exact)
    sample_note(reading->sample, SPARK_STREAMS_TABLE, NULL,
                "%s: averages of the last batches, because %s", said->details->app->name,
                said->none[SPARK_METRICS] ? said->none[SPARK_METRICS] : "there are no metrics");
}

static void add_dstream(struct spark_reading *reading, struct table *table,
                        const struct spark_said *said) {
  struct sample *sample = reading->sample;
  const struct spark_dstream *stream = &said->stream;
  const char *key = sample_printf(sample, "%s dstream", said->details->key);
  struct row *row = sample_row(sample, table, key, NULL);
  if (!row)
    return;
  struct value *cells = row->cells;
  const int64_t end_ms = said->has[SPARK_METRICS] ? said->metrics.last_end_ms : -1;
  const int64_t now_ms = reading->answers->now_ms;
  cells[STREAM_NAME] = value_text(sample_copy(sample, said->details->app->name));
  cells[STREAM_KIND] = value_text("DStreams");
  cells[STREAM_INTERVAL] = spark_time_cell(stream->interval_ms, NULL);
  cells[STREAM_INPUT] = rate(reading, "input", key, stream->received);
  cells[STREAM_BATCHES] = rate(reading, "batches", key, stream->completed);
  cells[STREAM_IDLE] = end_ms < 0 ? value_none(no_batch)
                                  : spark_time_cell(now_ms > end_ms ? now_ms - end_ms : 0, NULL);
  cells[STREAM_RECEIVERS] = spark_count_cell(stream->active_receivers, "not reported");
  cells[STREAM_RECEIVERS_DOWN] = stream->receivers < 0 || stream->active_receivers < 0
                                     ? value_none("not reported")
                                     : value_int(stream->receivers > stream->active_receivers
                                                     ? stream->receivers - stream->active_receivers
                                                     : 0);
  fill_batches(reading, said, key, cells);
}

/* ---- queries of Structured Streaming */

static struct value real_cell(double number) {
  return number < 0 ? value_none("not reported") : value_real(number);
}

static bool add_query(struct spark_reading *reading, struct table *table,
                      const struct spark_said *said, const struct spark_query *query) {
  struct sample *sample = reading->sample;
  const char *key = sample_printf(sample, "%s query %s", said->details->key, query->name);
  struct row *row = sample_row(sample, table, key, NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  for (size_t i = STREAM_INTERVAL; i < STREAM_COLUMN_COUNT; i++)
    cells[i] = value_none("Spark reports it of DStreams only");
  cells[STREAM_NAME] = value_text(sample_copy(sample, query->name));
  cells[STREAM_KIND] = value_text("query");
  cells[STREAM_INPUT] = real_cell(query->input_rate);
  cells[STREAM_PROCESSING] = spark_time_cell(query->latency_ms, "not reported");
  cells[STREAM_RATE] = real_cell(query->processing_rate);
  cells[STREAM_LOAD] = query->processing_rate > 0 && query->input_rate >= 0
                           ? value_real(query->input_rate / query->processing_rate)
                           : value_none("the last trigger had no rows");
  cells[STREAM_STATE_ROWS] = spark_count_cell(query->state_rows, "not reported");
  cells[STREAM_STATE_BYTES] = spark_count_cell(query->state_bytes, "not reported");
  return true;
}

static void add_queries(struct spark_reading *reading, struct table *table,
                        const struct spark_said *said) {
  const struct spark_metrics *metrics = &said->metrics;
  const char *name = said->details->app->name;
  bool room = true;
  for (size_t i = 0; room && i < metrics->query_count; i++)
    room = add_query(reading, table, said, &metrics->queries[i]);
  if (metrics->has_queries && metrics->query_count == 0)
    sample_note(reading->sample, SPARK_STREAMS_TABLE, NULL,
                "%s: queries of Structured Streaming are shown with "
                "spark.sql.streaming.metricsEnabled=true",
                name);
  if (metrics->queries_cut)
    sample_note(reading->sample, SPARK_STREAMS_TABLE, NULL, "%s: the first %d queries are shown",
                name, SPARK_QUERIES_MAX);
}

void spark_streams_fill(struct spark_reading *reading, struct table *table,
                        const struct spark_said *said) {
  if (said->has[SPARK_STREAMING])
    add_dstream(reading, table, said);
  if (said->has[SPARK_METRICS])
    add_queries(reading, table, said);
}
