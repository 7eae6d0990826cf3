/* A query of the option `queries`: PromQL, and at its end how its value is shown and judged, in the
 * words of a service's `series`:
 *
 *   sum(rate(http_requests_total{code=~"5.."}[5m])) unit per_second warn 0.1 crit 1
 *   min(node_filesystem_avail_bytes) unit bytes below warn 2GB crit 500MB
 *
 * Two words in a row are never PromQL, so the end is found without reading it. Pure. */
#pragma once

#include "core/err.h"
#include "core/value.h"
#include "model/table.h"

enum { PROMETHEUS_QUERIES_MAX = 32, PROMETHEUS_NAME_MAX = 48 };

struct prometheus_query {
  char *expr;
  enum unit unit;
  struct threshold threshold;
};
/* False with err, and nothing to fini. */
bool prometheus_query_parse(const char *text, struct prometheus_query *query,
                            struct err *err) MUST_CHECK;
void prometheus_query_fini(struct prometheus_query *query);

/* The checks of the option: of its texts and of their names. */
bool prometheus_query_check(const char *text, struct err *err) MUST_CHECK;
bool prometheus_query_name_check(const char *name, struct err *err) MUST_CHECK;
/* Of an expression alone: there is one, and it is not too long. */
bool prometheus_expr_check(const char *text, struct err *err) MUST_CHECK;
/* How bad the number is; limit: the one that is exceeded. */
enum severity prometheus_query_judge(const struct prometheus_query *query, double number,
                                     double *limit);
