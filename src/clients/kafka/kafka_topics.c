#include "clients/kafka/kafka_topics.h"

#include "clients/kafka/kafka_error.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { TOPIC_NAME_MAX = 249 }; /* Kafka's own */

void kafka_topics_fini(struct kafka_topics *topics) {
  free(topics->items);
  free(topics->slots);
  *topics = (struct kafka_topics){0};
}

/* FNV-1a */
static uint64_t name_hash(const char *name) {
  uint64_t hash = 14695981039346656037u;
  for (; *name; name++)
    hash = (hash ^ (unsigned char)*name) * 1099511628211u;
  return hash;
}

/* The slot that holds the name, or the free one where it belongs. */
static size_t slot_find(const struct kafka_topics *topics, const char *name) {
  size_t slot = name_hash(name) & (topics->slot_count - 1);
  while (topics->slots[slot] && strcmp(topics->items[topics->slots[slot] - 1].name, name) != 0)
    slot = (slot + 1) & (topics->slot_count - 1);
  return slot;
}

static void grow(struct kafka_topics *topics) {
  topics->capacity = topics->capacity ? topics->capacity * 2 : 16;
  topics->items = mem_resize(topics->items, topics->capacity * sizeof *topics->items);
  topics->slot_count = topics->capacity * 2;
  free(topics->slots);
  topics->slots = mem_new(topics->slot_count * sizeof *topics->slots);
  for (size_t i = 0; i < topics->count; i++)
    topics->slots[slot_find(topics, topics->items[i].name)] = (uint32_t)i + 1;
}

uint32_t kafka_topics_intern(struct kafka_topics *topics, struct arena *arena, const char *name) {
  if (topics->last < topics->count && strcmp(topics->items[topics->last].name, name) == 0)
    return (uint32_t)topics->last;
  if (topics->count == topics->capacity)
    grow(topics);
  size_t slot = slot_find(topics, name);
  if (!topics->slots[slot]) {
    topics->items[topics->count++] =
        (struct kafka_topic){.name = arena_text(arena, name, strnlen(name, TOPIC_NAME_MAX))};
    topics->slots[slot] = (uint32_t)topics->count;
  }
  topics->last = topics->slots[slot] - 1;
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
    size_t slot = slot_find(topics, metadata->topics[i].topic);
    if (topics->slots[slot])
      attach(&topics->items[topics->slots[slot] - 1], arena, &metadata->topics[i]);
  }
}
