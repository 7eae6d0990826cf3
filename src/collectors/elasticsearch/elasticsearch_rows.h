/* From the answers of a search cluster to a sample. No input or output; the time is passed in. */
#pragma once

#include "clients/elasticsearch/elasticsearch.h"
#include "clients/elasticsearch/elasticsearch_query.h"
#include "clients/web/web_batch.h"
#include "collectors/figures.h"
#include "collectors/row_past.h"
#include "model/sample.h"

enum { ELASTICSEARCH_TABLES = 5 };
extern const struct table_spec *const elasticsearch_tables[ELASTICSEARCH_TABLES];

struct elasticsearch_answers {
  const char *name; /* of the target */
  const struct web_asked *about, *local, *health, *nodes, *settings, *indices, *blocks;
  const struct web_asked *shards, *why; /* NULL: not asked, since nothing is unassigned */
  const struct web_asked *counts;       /* one per query */
  const struct elasticsearch_query *queries;
  char *const *query_names;
  size_t query_count;
  int64_t now_us; /* steady clock */
};

/* What lasts between collections. */
struct elasticsearch_past {
  struct counters before;
  struct row_past rows;
};

/* The sample; NULL with err if the server is not known to be such a cluster. */
struct sample *elasticsearch_sample(const struct elasticsearch_answers *answers,
                                    struct elasticsearch_past *past, struct err *err);

/* Whether the answer to health says that something is unassigned. */
bool elasticsearch_is_unhealthy(const struct web_asked *health);

/* For elasticsearch_rows.c: what was read, and the rows of each table. */
struct elasticsearch_reading {
  const struct elasticsearch_answers *answers;
  struct sample *sample;
  struct elasticsearch_past *past;
  struct arena arena; /* of what the answers say */
  struct elasticsearch_disk disk;
  struct elasticsearch_nodes nodes;
  struct elasticsearch_shards shards;
  struct elasticsearch_why why;
  bool has_why;
};
extern const struct table_spec elasticsearch_nodes_table, elasticsearch_shards_table,
    elasticsearch_indices_table, elasticsearch_queries_table;
void elasticsearch_nodes_fill(struct elasticsearch_reading *reading, struct table *table);
void elasticsearch_shards_fill(struct elasticsearch_reading *reading, struct table *table);
void elasticsearch_indices_fill(struct elasticsearch_reading *reading, struct table *table,
                                const struct elasticsearch_indices *indices);
void elasticsearch_queries_fill(struct elasticsearch_reading *reading, struct table *table);
