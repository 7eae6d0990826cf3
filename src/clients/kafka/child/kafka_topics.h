/* The topics that groups have to do with, found by name while a snapshot is made. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"
#include "core/map.h"

#include <librdkafka/rdkafka.h>

struct kafka_topics {
  struct kafka_topic *items;
  size_t count, capacity;
  struct map by_name;
  size_t last; /* the one that was found last: answers come topic by topic */
};

void kafka_topics_fini(struct kafka_topics *topics);

/* The index of the topic with that name, added if need be; its name is copied to the arena. */
uint32_t kafka_topics_intern(struct kafka_topics *topics, struct arena *arena, const char *name);

/* Gives each topic its partitions as the metadata has them, none of them wanted. */
void kafka_topics_attach(struct kafka_topics *topics, struct arena *arena,
                         const struct rd_kafka_metadata *metadata);
