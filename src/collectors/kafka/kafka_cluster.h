/* The cluster's own row, its facts, and what is to be said of the collection as a whole. */
#pragma once

#include "collectors/kafka/kafka_view.h"
#include "model/sample.h"

void kafka_cluster_fill(struct sample *sample, const char *name,
                        const struct kafka_snapshot *snapshot, const struct kafka_view *view,
                        bool one_pass);

/* "rising" */
const char *kafka_trend_text(enum kafka_trend trend);
/* "12 of 18 partitions" where not all of a sum is known; else it does not apply. unit: of what
 * there are 18; in a sum over groups a partition of two groups is two. */
struct value kafka_counted_value(struct sample *sample, const struct kafka_sum *sum,
                                 const char *unit);
/* A lag of 0 that counts only some of its partitions is none that is known. */
struct value kafka_lag_value(struct sample *sample, const struct kafka_sum *sum, const char *unit);
