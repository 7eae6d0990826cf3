#include "clients/kafka/child/collect/kafka_layout.h"

#include "clients/kafka/child/collect/kafka_next.h"
#include "clients/kafka/child/kafka_error.h"
#include "clients/kafka/child/read/kafka_newest.h"
#include "clients/kafka/child/read/kafka_offsets.h"
#include "core/map.h"
#include "core/mem.h"
#include "io/clock.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- topics */

static bool matches(const struct kafka_collection *collection, const char *name) {
  bool good = collection->topic_count == 0;
  for (size_t i = 0; !good && i < collection->topic_count; i++)
    good = fnmatch(collection->topics[i], name, 0) == 0;
  return good;
}

/* "1, 2, 3" */
static const char *ids_text(struct arena *arena, const int32_t *ids, int count) {
  char text[256];
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; i < count && used + 16 < sizeof text; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", i > 0 ? ", " : "", ids[i]);
  return arena_text(arena, text, used);
}

static void topic_new(struct kafka_topic *topic, struct arena *arena,
                      const struct rd_kafka_metadata_topic *from) {
  int32_t count = 0;
  for (int i = 0; i < from->partition_cnt; i++)
    if (from->partitions[i].id >= count && from->partitions[i].id < KAFKA_SHARES_MAX)
      count = from->partitions[i].id + 1;
  *topic = (struct kafka_topic){.name = arena_text(arena, from->topic, strlen(from->topic)),
                                .error = from->err ? kafka_error_reason(from->err) : NULL};
  topic->partitions = arena_alloc(arena, (size_t)count * sizeof *topic->partitions);
  topic->partition_count = topic->partitions ? count : 0;
  for (int32_t i = 0; i < topic->partition_count; i++)
    topic->partitions[i] =
        (struct kafka_partition){.leader = -1, .start = KAFKA_NO_OFFSET, .end = KAFKA_NO_OFFSET};
}

static void take_replicas(struct kafka_topic *topic, struct arena *arena,
                          const struct rd_kafka_metadata_topic *from) {
  for (int32_t i = 0; i < topic->partition_count; i++)
    topic->partitions[i].stable = KAFKA_NO_OFFSET;
  for (int i = 0; i < from->partition_cnt; i++) {
    const struct rd_kafka_metadata_partition *at = &from->partitions[i];
    if (at->id < 0 || at->id >= topic->partition_count)
      continue;
    struct kafka_partition *partition = &topic->partitions[at->id];
    partition->leader = at->leader;
    partition->replicas = ids_text(arena, at->replicas, at->replica_cnt);
    partition->in_sync = ids_text(arena, at->isrs, at->isr_cnt);
  }
}

static bool add_topics(struct kafka_session *session, struct kafka_collection *collection) {
  struct kafka_snapshot *snapshot = collection->snapshot;
  const struct rd_kafka_metadata *metadata = session->metadata;
  struct map known = {0};
  const size_t most = snapshot->topic_count + (size_t)metadata->topic_cnt;
  struct kafka_topic *topics = arena_alloc(&snapshot->arena, (most + 1) * sizeof *topics);
  if (!topics)
    return false;
  for (size_t i = 0; i < snapshot->topic_count; i++) {
    topics[i] = snapshot->topics[i];
    map_add(&known, topics[i].name, i);
  }
  size_t count = snapshot->topic_count;
  for (int i = 0; i < metadata->topic_cnt; i++) {
    const struct rd_kafka_metadata_topic *from = &metadata->topics[i];
    const struct map_slot *found = map_find(&known, from->topic);
    if (!found && !matches(collection, from->topic))
      continue;
    struct kafka_topic *topic = found ? &topics[found->value] : &topics[count++];
    if (!found)
      topic_new(topic, &snapshot->arena, from);
    take_replicas(topic, &snapshot->arena, from);
  }
  map_fini(&known);
  snapshot->topics = topics;
  snapshot->topic_count = count;
  return true;
}

/* ---- offsets */

/* Partitions with a leader; those that a group uses are read already. The caller frees them. */
static struct kafka_place *places_new(struct kafka_snapshot *snapshot, bool again, size_t *count) {
  size_t most = 0;
  for (size_t t = 0; t < snapshot->topic_count; t++)
    most += (size_t)snapshot->topics[t].partition_count;
  struct kafka_place *places = mem_new((most + 1) * sizeof *places);
  *count = 0;
  for (size_t t = 0; t < snapshot->topic_count; t++)
    for (int32_t p = 0; p < snapshot->topics[t].partition_count; p++) {
      struct kafka_partition *partition = &snapshot->topics[t].partitions[p];
      if (!partition->error && partition->leader < 0)
        partition->error = kafka_error_reason(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
      if (partition->error || (!again && partition->end >= 0))
        continue;
      if (*count < KAFKA_LAYOUT_MAX)
        places[(*count)++] = (struct kafka_place){&snapshot->topics[t], p};
      else if (!again)
        snapshot->layout_left_out++;
    }
  return places;
}

static bool read_offsets(struct kafka_session *session, struct kafka_snapshot *snapshot,
                         struct err *err) {
  size_t count, kept = 0;
  struct kafka_place *places = places_new(snapshot, false, &count);
  kafka_session_step(session, "end offsets");
  bool good = kafka_offsets_read(session, places, count, KAFKA_AT_END, err);
  snapshot->ended_ms = clock_now_ms();
  for (size_t i = 0; i < count; i++)
    if (!places[i].topic->partitions[places[i].partition].error)
      places[kept++] = places[i];
  kafka_session_step(session, "start offsets");
  good = good && kafka_offsets_read(session, places, kept, KAFKA_AT_START, err);
  free(places);
  return good;
}

/* The end that the other session sees is read into the same field, and put back. It is read after
 * the end: what is before the end then is open, and no message that has come in between. */
static bool read_stable(struct kafka_session *session, struct kafka_collection *collection,
                        struct err *err) {
  struct kafka_snapshot *snapshot = collection->snapshot;
  size_t count;
  struct kafka_place *places = places_new(snapshot, true, &count);
  int64_t *ends = mem_new((count + 1) * sizeof *ends);
  for (size_t i = 0; i < count; i++)
    ends[i] = places[i].topic->partitions[places[i].partition].end;
  kafka_session_step(session, "ends of committed transactions");
  const bool good = kafka_offsets_read(collection->committed, places, count, KAFKA_AT_END, err);
  for (size_t i = 0; i < count; i++) {
    struct kafka_partition *partition = &places[i].topic->partitions[places[i].partition];
    partition->stable = good && !partition->error ? partition->end : KAFKA_NO_OFFSET;
    partition->end = partition->stable > ends[i] ? partition->stable : ends[i];
  }
  snapshot->has_stable = good;
  free(ends);
  free(places);
  return good;
}

/* ---- brokers */

static const char *copy_or_null(struct arena *arena, const char *text) {
  return text ? arena_text(arena, text, strlen(text)) : NULL;
}

static void take_broker(struct kafka_snapshot *snapshot, struct kafka_broker *broker,
                        rd_kafka_event_t *event) {
  size_t found, count;
  const rd_kafka_ConfigResource_t **answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event), &found);
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  if (!code)
    code = found > 0 ? rd_kafka_ConfigResource_error(answers[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
  broker->settings_error = NULL;
  broker->answered = !kafka_error_is_silence(code);
  if (code) {
    broker->settings_error = kafka_error_is_denied(code) ? "needs DESCRIBE_CONFIGS on the cluster"
                                                         : kafka_error_reason(code);
    return;
  }
  const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(answers[0], &count);
  broker->settings = arena_alloc(&snapshot->arena, (count + 1) * sizeof *broker->settings);
  for (size_t i = 0; i < count; i++) {
    const char *name = rd_kafka_ConfigEntry_name(entries[i]);
    const char *value = rd_kafka_ConfigEntry_value(entries[i]);
    if (strcmp(name, "broker.rack") == 0)
      broker->rack = copy_or_null(&snapshot->arena, value);
    else if (strcmp(name, "log.dirs") == 0 || (strcmp(name, "log.dir") == 0 && !broker->log_dirs))
      broker->log_dirs =
          value ? copy_or_null(&snapshot->arena, value) : broker->log_dirs; /* log.dirs wins */
    if (broker->settings)
      broker->settings[broker->setting_count++] = kafka_setting_of(&snapshot->arena, entries[i]);
  }
}

void kafka_brokers_read(struct kafka_session *session, struct kafka_snapshot *snapshot) {
  enum { BROKERS_MAX = 64 };
  size_t pending = 0;
  struct err err = {0};
  for (uint32_t i = 0; i < snapshot->broker_count; i++) {
    char id[16];
    snapshot->brokers[i].settings_error = i < BROKERS_MAX ? "no answer" : "not read: too many";
    snapshot->brokers[i].answered = i >= BROKERS_MAX; /* as far as is known */
    if (i >= BROKERS_MAX)
      continue;
    snprintf(id, sizeof id, "%d", snapshot->brokers[i].id);
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, id);
    rd_kafka_AdminOptions_t *options = kafka_session_options(
        session, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, i, kafka_session_left(session) / 2);
    rd_kafka_DescribeConfigs(session->rk, &resource, 1, options, session->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    pending++;
  }
  kafka_session_step(session, "the settings of the brokers");
  while (pending > 0) {
    size_t subject;
    rd_kafka_event_t *event = kafka_session_wait(session, &subject, &err);
    if (!event)
      return;
    pending--;
    if (subject < snapshot->broker_count)
      take_broker(snapshot, &snapshot->brokers[subject], event);
    rd_kafka_event_destroy(event);
  }
}

bool kafka_layout_read(struct kafka_session *session, struct kafka_collection *collection,
                       struct err *err) {
  struct kafka_snapshot *snapshot = collection->snapshot;
  if (!add_topics(session, collection))
    return err_set(err, ERR_LIMIT, "too many topics for %d MB", KAFKA_SNAPSHOT_BYTES_MAX >> 20);
  switch (collection->look) {
  case KAFKA_LOOK_BROKERS:
    kafka_brokers_read(session, snapshot);
    for (uint32_t i = 0; i < snapshot->broker_count; i++)
      snapshot->brokers[i].setting_count = 0;
    return true;
  case KAFKA_LOOK_MESSAGES:
    return read_offsets(session, snapshot, err) && kafka_newest_read(session, collection, err);
  case KAFKA_LOOK_SETTINGS:
    kafka_settings_read(session, &snapshot->arena, snapshot->topics, snapshot->topic_count,
                        kafka_session_left(session) / 4);
    return read_offsets(session, snapshot, err) && read_stable(session, collection, err);
  case KAFKA_LOOK_STABLE:
    if (!read_offsets(session, snapshot, err) || !read_stable(session, collection, err))
      return false;
    kafka_next_open(session, collection->committed, snapshot);
    kafka_producers_read(session, collection->producers, snapshot);
    return true;
  default:
    return read_offsets(session, snapshot, err);
  }
}
