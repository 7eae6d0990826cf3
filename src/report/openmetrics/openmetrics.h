/* The model as text for Prometheus: OpenMetrics, of which what is written is also valid in the
 * older text format that node_exporter's textfile collector reads. docs/openmetrics.md lists the
 * names.
 *
 * All families are gauges without a timestamp. A value that is not known, and each value of a
 * target that does not answer, is absent; stacktop_target_fresh says so. A table has at most
 * OPENMETRICS_ROWS_MAX rows, in the collector's order of harm, and stacktop_rows_left_out counts
 * the others. */
#pragma once

#include "model/model.h"

#include <stdio.h>

enum {
  OPENMETRICS_ROWS_MAX = 100,     /* of a table of a target */
  OPENMETRICS_SERIES_MAX = 20000, /* of all */
  OPENMETRICS_NAME_MAX = 160,
};

/* True unless writing failed. */
bool report_openmetrics_write(FILE *out, const struct model *model, int64_t now_ms) MUST_CHECK;

/* "kafka.lag" in messages is "stacktop_kafka_lag"; the unit is the end of the name:
 * "stacktop_redis_latency_seconds". Returns out. */
const char *openmetrics_name(char out[OPENMETRICS_NAME_MAX], const char *metric, enum unit unit);
