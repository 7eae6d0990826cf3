/* From a view to the tables of a sample. */
#pragma once

#include "collectors/kafka/kafka_view.h"
#include "model/sample.h"

/* Adds a group, its topics and their partitions to a table that begins with the columns of
 * kafka_lag_table. False: the sample is full. */
bool kafka_rows_group(struct sample *sample, struct table *table,
                      const struct kafka_group_view *view);

/* Fills kafka_cluster_table and kafka_lag_table of the sample, its notes and its server. */
void kafka_rows_fill(struct sample *sample, const char *name, const struct kafka_snapshot *snapshot,
                     const struct kafka_view *view, bool one_pass);
