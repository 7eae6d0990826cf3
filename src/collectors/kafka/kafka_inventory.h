/* What of a cluster is watched for changes (model/inventory.h): the groups with their members, and
 * the topics with their partitions; of more than KAFKA_LISTED_MAX topics only their number. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"
#include "model/sample.h"

/* whole: all groups are listed. */
void kafka_inventory_fill(struct sample *sample, const struct kafka_snapshot *snapshot, bool whole);
