/* What of a cluster is watched for changes (model/inventory.h): the groups with their members, the
 * number of topics, and the partitions of the topics that a group reads. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"
#include "model/sample.h"

/* whole: all groups are listed. */
void kafka_inventory_fill(struct sample *sample, const struct kafka_snapshot *snapshot, bool whole);
