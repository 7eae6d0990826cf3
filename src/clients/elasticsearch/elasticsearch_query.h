/* A text of the option `queries`: an index, what is searched, and at its end the time and limits:
 *
 *   logs-* level:(ERROR OR CRITICAL OR FATAL) window 1h warn 10 crit 100
 *   logs-* {"term": {"event.outcome": "failure"}} window 15m field event.created warn 0
 *
 * What is searched is Lucene's query string, or the query DSL if it begins with a brace. Pure. */
#pragma once

#include "core/err.h"
#include "model/table.h"

enum {
  ELASTICSEARCH_QUERIES_MAX = 32,
  ELASTICSEARCH_NAME_MAX = 48,
  ELASTICSEARCH_INDEX_MAX = 256,
  ELASTICSEARCH_QUERY_MAX = 4096,
};

struct elasticsearch_query {
  char *index, *query, *field; /* field: of the time; default @timestamp */
  int64_t window_ms;           /* default 15m; 0: of any time */
  struct threshold threshold;
  char *body; /* of _count */
};
bool elasticsearch_query_parse(const char *text, struct elasticsearch_query *query,
                               struct err *err) MUST_CHECK;
void elasticsearch_query_fini(struct elasticsearch_query *query);

/* The checks of the option. */
bool elasticsearch_query_check(const char *text, struct err *err) MUST_CHECK;
bool elasticsearch_query_name_check(const char *name, struct err *err) MUST_CHECK;
