/* The topics of the groups, found by name while a snapshot is being built. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"
#include "core/map.h"

#include <librdkafka/rdkafka.h>

struct kafka_topics {
  struct kafka_topic *items;
  size_t count, capacity;
  struct map by_name;
  size_t last; /* the last one found: answers are ordered by topic */
};

void kafka_topics_fini(struct kafka_topics *topics);

/* The index of the topic with that name, added if necessary; its name is copied to the arena. */
uint32_t kafka_topics_intern(struct kafka_topics *topics, struct arena *arena, const char *name);

/* Adds to each topic its partitions from the metadata, none of them wanted. */
void kafka_topics_attach(struct kafka_topics *topics, struct arena *arena,
                         const struct rd_kafka_metadata *metadata);
