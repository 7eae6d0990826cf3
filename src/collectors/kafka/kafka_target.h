/* What the collector and the pages of a Kafka target take from its options. */
#pragma once

#include "clients/kafka/kafka.h"
#include "collectors/kafka/kafka_view.h"
#include "model/target.h"

/* Creates the client of a target. NULL with err, which names the line of a property that is
 * rejected. */
struct kafka_client *kafka_client_open(struct io *io, const struct target *target,
                                       struct err *err) MUST_CHECK;
struct kafka_rules kafka_rules_of(const struct target *target);
