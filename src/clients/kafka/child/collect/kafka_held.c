#include "clients/kafka/child/collect/kafka_held.h"

#include "clients/kafka/child/read/kafka_offsets.h"
#include "core/mem.h"

#include <stdlib.h>

/* Copies of the partitions, because their ends are read once more, as another reader sees them. */
struct copies {
  struct kafka_topic *topics; /* by the index of the snapshot's; without partitions where no group
                                 has anything to read */
  size_t count;
};

static struct kafka_partition *lagging(const struct kafka_snapshot *snapshot,
                                       const struct kafka_share *share) {
  const struct kafka_topic *topic = &snapshot->topics[share->topic];
  if (share->partition >= topic->partition_count || share->committed < 0)
    return NULL;
  struct kafka_partition *partition = &topic->partitions[share->partition];
  return !partition->error && partition->end > share->committed ? partition : NULL;
}

static struct copies copies_new(struct kafka_snapshot *snapshot) {
  struct copies copies = {.topics = mem_new((snapshot->topic_count + 1) * sizeof *copies.topics),
                          .count = snapshot->topic_count};
  for (size_t t = 0; t < snapshot->topic_count; t++) {
    const struct kafka_topic *from = &snapshot->topics[t];
    struct kafka_topic *to = &copies.topics[t];
    *to = *from;
    to->partitions = mem_new(((size_t)from->partition_count + 1) * sizeof *to->partitions);
    for (int32_t p = 0; p < from->partition_count; p++) {
      from->partitions[p].stable = KAFKA_NO_OFFSET;
      to->partitions[p] =
          (struct kafka_partition){.leader = from->partitions[p].leader, .end = KAFKA_NO_OFFSET};
    }
  }
  return copies;
}

static void copies_free(struct copies *copies) {
  for (size_t t = 0; t < copies->count; t++)
    free(copies->topics[t].partitions);
  free(copies->topics);
}

/* Each partition once, however many groups read it. The caller frees them. */
static struct kafka_place *places_new(const struct kafka_snapshot *snapshot, struct copies *copies,
                                      size_t *count) {
  size_t most = 0;
  for (size_t g = 0; g < snapshot->group_count; g++)
    most += snapshot->groups[g].share_count;
  struct kafka_place *places = mem_new((most + 1) * sizeof *places);
  *count = 0;
  for (size_t g = 0; g < snapshot->group_count; g++)
    for (size_t i = 0; i < snapshot->groups[g].share_count; i++) {
      const struct kafka_share *share = &snapshot->groups[g].shares[i];
      struct kafka_topic *topic = &copies->topics[share->topic];
      if (!lagging(snapshot, share) || topic->partitions[share->partition].wanted ||
          *count == KAFKA_LAYOUT_MAX)
        continue;
      topic->partitions[share->partition].wanted = true;
      places[(*count)++] = (struct kafka_place){topic, share->partition};
    }
  return places;
}

void kafka_held_read(struct kafka_session *session, struct kafka_session *committed,
                     struct kafka_snapshot *snapshot) {
  struct copies copies = copies_new(snapshot);
  struct err err = {0};
  size_t count;
  struct kafka_place *places = places_new(snapshot, &copies, &count);
  kafka_session_step(session, "ends of committed transactions");
  snapshot->has_stable =
      count > 0 && kafka_offsets_read(committed, places, count, KAFKA_AT_END, &err);
  for (size_t t = 0; snapshot->has_stable && t < copies.count; t++)
    for (int32_t p = 0; p < copies.topics[t].partition_count; p++)
      if (!copies.topics[t].partitions[p].error)
        snapshot->topics[t].partitions[p].stable = copies.topics[t].partitions[p].end;
  free(places);
  copies_free(&copies);
}
