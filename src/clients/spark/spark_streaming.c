/* What a driver says about its streams: DStreams by streaming/statistics and the metrics,
 * Structured Streaming by the metrics alone, because Spark's API has no path for it. */
#include "clients/spark/spark.h"
#include "core/json/json_get.h"

#include <string.h>

bool spark_dstream_read(const json_t *json, struct spark_dstream *stream, struct err *err) {
  *stream = (struct spark_dstream){.interval_ms = json_get_count(json, "batchDuration"),
                                   .started_ms = spark_time_ms(json_get_text(json, "startTime")),
                                   .completed = json_get_count(json, "numTotalCompletedBatches"),
                                   .active = json_get_count(json, "numActiveBatches"),
                                   .processing_ms = json_get_count(json, "avgProcessingTime"),
                                   .delay_ms = json_get_count(json, "avgSchedulingDelay"),
                                   .receivers = json_get_count(json, "numReceivers"),
                                   .active_receivers = json_get_count(json, "numActiveReceivers"),
                                   .received = json_get_count(json, "numReceivedRecords")};
  if (!json_get_real(json, "avgInputRate", &stream->input_rate))
    stream->input_rate = -1;
  return stream->interval_ms > 0 ||
         err_set(err, ERR_PROTOCOL, "the answer is not the statistics of a stream of Spark");
}

static const char *after(const char *name, const char *part) {
  const char *at = strstr(name, part);
  return at ? at + strlen(part) : NULL;
}

static bool is_last(const char *name, const char *part) {
  const size_t length = strlen(name), size = strlen(part);
  return length >= size && strcmp(name + length - size, part) == 0;
}

static struct spark_query *query_of(struct spark_metrics *metrics, const char *name, size_t length,
                                    struct arena *arena) {
  for (size_t i = 0; i < metrics->query_count; i++)
    if (strncmp(metrics->queries[i].name, name, length) == 0 &&
        metrics->queries[i].name[length] == '\0')
      return &metrics->queries[i];
  if (metrics->query_count == SPARK_QUERIES_MAX || length > SPARK_KEY_MAX) {
    metrics->queries_cut = true;
    return NULL;
  }
  struct spark_query *query = &metrics->queries[metrics->query_count++];
  *query = (struct spark_query){.name = arena_text(arena, name, length),
                                .input_rate = -1,
                                .processing_rate = -1,
                                .latency_ms = -1,
                                .state_rows = -1,
                                .state_bytes = -1};
  return query;
}

/* "NAME.inputRate-total": the name may have points. */
static void take_query(struct spark_metrics *metrics, const char *text, const json_t *gauge,
                       struct arena *arena) {
  static const struct {
    const char *end;
    size_t real, count;
  } known[] = {
      {"inputRate-total", offsetof(struct spark_query, input_rate), 0},
      {"processingRate-total", offsetof(struct spark_query, processing_rate), 0},
      {"latency", 0, offsetof(struct spark_query, latency_ms)},
      {"states-rowsTotal", 0, offsetof(struct spark_query, state_rows)},
      {"states-usedBytes", 0, offsetof(struct spark_query, state_bytes)},
  };
  const char *point = strrchr(text, '.');
  double real;
  for (size_t i = 0; point && i < sizeof known / sizeof *known; i++) {
    if (strcmp(point + 1, known[i].end) != 0)
      continue;
    struct spark_query *query = query_of(metrics, text, (size_t)(point - text), arena);
    if (query && known[i].count)
      *(int64_t *)((char *)query + known[i].count) = json_get_count(gauge, "value");
    else if (query && json_get_real(gauge, "value", &real) && real >= 0)
      *(double *)((char *)query + known[i].real) = real;
  }
}

static void take_gauge(struct spark_metrics *metrics, const char *name, const json_t *gauge,
                       struct arena *arena) {
  static const struct {
    const char *end;
    size_t at;
  } known[] = {
      {".driver.ExecutorMetrics.JVMHeapMemory", offsetof(struct spark_metrics, heap_used)},
      {".driver.jvm.heap.max", offsetof(struct spark_metrics, heap_max)},
      {".StreamingMetrics.streaming.lastCompletedBatch_processingDelay",
       offsetof(struct spark_metrics, processing_ms)},
      {".StreamingMetrics.streaming.lastCompletedBatch_schedulingDelay",
       offsetof(struct spark_metrics, delay_ms)},
      {".StreamingMetrics.streaming.lastCompletedBatch_processingEndTime",
       offsetof(struct spark_metrics, last_end_ms)},
      {".StreamingMetrics.streaming.waitingBatches", offsetof(struct spark_metrics, waiting)},
      {".StreamingMetrics.streaming.runningBatches", offsetof(struct spark_metrics, running)},
      {".StreamingMetrics.streaming.totalCompletedBatches",
       offsetof(struct spark_metrics, completed)},
      {".StreamingMetrics.streaming.totalReceivedRecords",
       offsetof(struct spark_metrics, received)},
  };
  const char *query = after(name, ".driver.spark.streaming.");
  if (query) {
    metrics->has_queries = true;
    take_query(metrics, query, gauge, arena);
    return;
  }
  metrics->has_queries =
      metrics->has_queries || is_last(name, ".LiveListenerBus.queue.streams.size");
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (is_last(name, known[i].end))
      *(int64_t *)((char *)metrics + known[i].at) = json_get_count(gauge, "value");
}

bool spark_metrics_read(const json_t *json, struct arena *arena, struct spark_metrics *metrics,
                        struct err *err) {
  const json_t *gauges = json_object_get(json, "gauges");
  const char *name;
  json_t *gauge;
  *metrics = (struct spark_metrics){.heap_used = -1,
                                    .heap_max = -1,
                                    .processing_ms = -1,
                                    .delay_ms = -1,
                                    .waiting = -1,
                                    .running = -1,
                                    .completed = -1,
                                    .received = -1,
                                    .last_end_ms = -1};
  if (!json_is_object(gauges))
    return err_set(err, ERR_PROTOCOL, "the answer is not the metrics of a driver of Spark");
  json_object_foreach((json_t *)gauges, name, gauge) {
    take_gauge(metrics, name, gauge, arena);
  }
  return true;
}
