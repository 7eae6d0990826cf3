#include "clients/kafka/child/read/kafka_topics.h"

#include "clients/kafka/child/kafka_error.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { TOPIC_NAME_MAX = 249 }; /* Kafka's own */

void kafka_topics_fini(struct kafka_topics *topics) {
  free(topics->items);
  map_fini(&topics->by_name);
  *topics = (struct kafka_topics){0};
}

uint32_t kafka_topics_intern(struct kafka_topics *topics, struct arena *arena, const char *name) {
  if (topics->last < topics->count && strcmp(topics->items[topics->last].name, name) == 0)
    return (uint32_t)topics->last;
  const struct map_slot *found = map_find(&topics->by_name, name);
  if (found) {
    topics->last = found->value;
    return (uint32_t)topics->last;
  }
  if (topics->count == topics->capacity) {
    topics->capacity = topics->capacity ? topics->capacity * 2 : 16;
    topics->items = mem_resize(topics->items, topics->capacity * sizeof *topics->items);
  }
  struct kafka_topic *topic = &topics->items[topics->count];
  *topic = (struct kafka_topic){.name = arena_text(arena, name, strnlen(name, TOPIC_NAME_MAX))};
  map_add(&topics->by_name, topic->name, topics->count);
  topics->last = topics->count++;
  return (uint32_t)topics->last;
}

static void attach(struct kafka_topic *topic, struct arena *arena,
                   const struct rd_kafka_metadata_topic *from) {
  topic->error = from->err ? kafka_error_reason(from->err) : NULL;
  int32_t count = 0; /* ids are 0..n-1, but the metadata need not be in their order */
  for (int i = 0; i < from->partition_cnt; i++)
    if (from->partitions[i].id >= count && from->partitions[i].id < KAFKA_SHARES_MAX)
      count = from->partitions[i].id + 1;
  topic->partitions = arena_alloc(arena, (size_t)count * sizeof *topic->partitions);
  topic->partition_count = topic->partitions ? count : 0;
  for (int32_t i = 0; i < topic->partition_count; i++)
    topic->partitions[i] =
        (struct kafka_partition){.leader = -1, .start = KAFKA_NO_OFFSET, .end = KAFKA_NO_OFFSET};
  for (int i = 0; i < from->partition_cnt; i++)
    if (from->partitions[i].id >= 0 && from->partitions[i].id < topic->partition_count)
      topic->partitions[from->partitions[i].id].leader = from->partitions[i].leader;
}

void kafka_topics_attach(struct kafka_topics *topics, struct arena *arena,
                         const struct rd_kafka_metadata *metadata) {
  if (topics->count == 0)
    return;
  for (size_t i = 0; i < topics->count; i++) {
    topics->items[i].partitions = NULL;
    topics->items[i].partition_count = 0;
    topics->items[i].error = kafka_error_reason(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  }
  for (int i = 0; i < metadata->topic_cnt; i++) {
    const struct map_slot *found = map_find(&topics->by_name, metadata->topics[i].topic);
    if (found)
      attach(&topics->items[found->value], arena, &metadata->topics[i]);
  }
}
