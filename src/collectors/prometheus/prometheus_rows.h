/* From the answers of a Prometheus and its Alertmanager to a sample. No input or output; the time
 * is passed in. */
#pragma once

#include "clients/prometheus/alertmanager.h"
#include "clients/prometheus/prometheus_query.h"
#include "clients/web/web_batch.h"
#include "collectors/figures.h"
#include "model/sample.h"

enum { PROMETHEUS_TABLES = 3 };
extern const struct table_spec *const prometheus_tables[PROMETHEUS_TABLES];

struct prometheus_answers {
  const char *name; /* of the target */
  const struct web_asked *build, *ready, *rules, *metrics, *up;
  const struct web_asked *alertmanager;  /* NULL: none is configured */
  const struct web_asked *query_answers; /* one per query */
  const struct prometheus_query *queries;
  char *const *query_names;
  size_t query_count;
  int64_t now_ms, now_us; /* wall time; steady clock */
};

/* The sample; NULL with err if the server is not known to be a Prometheus that answers. `before` is
 * kept for the next one. */
struct sample *prometheus_sample(const struct prometheus_answers *answers, struct counters *before,
                                 struct err *err);

/* For prometheus_rows.c: the rows of the table of queries. */
extern const struct table_spec prometheus_queries_table;
void prometheus_queries_fill(struct sample *sample, struct table *table,
                             const struct prometheus_answers *answers, struct arena *arena);
