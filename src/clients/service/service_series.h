/* What is computed from a page of metrics, as the option `series` of a service says it:
 *
 *   rate(http_requests_total{code=~"5.."}[5m]) warn 0.1 crit 1 for 2m
 *   rate(http_requests_total{code=~"5.."}) / rate(http_requests_total) warn 1%
 *   quantile(0.95, http_request_duration_seconds) warn 1s crit 5s
 *   process_resident_memory_bytes
 *
 * Pure. */
#pragma once

#include "clients/service/service_selector.h"
#include "core/value.h"
#include "model/table.h"

enum {
  SERIES_MAX = 32,       /* of one service */
  SERIES_TITLE_MAX = 24, /* bytes of a title */
  SERIES_WINDOW_MS = 60 * 1000,
  SERIES_WINDOW_MIN_MS = 1000,
  SERIES_WINDOW_MAX_MS = 60 * 60 * 1000,
};

enum series_as { SERIES_SUM, SERIES_RATE, SERIES_QUANTILE };

/* The samples that match are summed up; those of a histogram for each of its limits. */
struct series_operand {
  enum series_as as;
  struct service_selector selector; /* of a quantile: NAME_bucket */
  double quantile;
  int64_t window_ms; /* over which a rate or a quantile is computed */
};

struct service_series {
  struct series_operand operands[2]; /* the second one divides the first */
  size_t operand_count;
  enum unit unit; /* UNIT_TIME: the value is in seconds */
  bool beyond;    /* a ratio that may be more than 1 */
  struct threshold threshold;
};

/* False with err, and nothing to fini. */
bool service_series_parse(const char *text, struct service_series *series,
                          struct err *err) MUST_CHECK;
void service_series_fini(struct service_series *series);

/* The checks of the option: of its texts and of their names, the titles. */
bool service_series_check(const char *text, struct err *err) MUST_CHECK;
bool service_series_name_check(const char *title, struct err *err) MUST_CHECK;
/* The column's id of a title: "5xx share" is "5xx_share". */
void service_series_id(const char *title, char id[SERIES_TITLE_MAX + 1]);
