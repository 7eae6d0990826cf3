/* The row and the facts of the cluster, and the notes about the whole collection. */
#pragma once

#include "collectors/kafka/kafka_view.h"
#include "model/sample.h"

void kafka_cluster_fill(struct sample *sample, const char *name,
                        const struct kafka_snapshot *snapshot, const struct kafka_view *view,
                        bool one_pass);

/* Whether all brokers have listed their groups. */
bool kafka_list_is_whole(const struct kafka_snapshot *snapshot);
/* "rising" */
const char *kafka_trend_text(enum kafka_trend trend);
/* "12 of 18 partitions" if a sum does not count all; otherwise it does not apply. unit: of the 18;
 * in a sum over groups, a partition of two groups counts twice. */
struct value kafka_counted_value(struct sample *sample, const struct kafka_sum *sum,
                                 const char *unit);
/* A lag of 0 that counts only some of the partitions is not known. */
struct value kafka_lag_value(struct sample *sample, const struct kafka_sum *sum, const char *unit);
