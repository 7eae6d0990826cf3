#include "clients/kafka/child/collect/kafka_next.h"

#include "clients/kafka/child/admin/kafka_admin_run.h"
#include "clients/kafka/child/kafka_error.h"
#include "clients/kafka/child/read/kafka_fetch.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- settings */

static const char *copy_or_null(struct arena *arena, const char *text) {
  return text ? arena_text(arena, text, strlen(text)) : NULL;
}

struct kafka_topic_setting kafka_setting_of(struct arena *arena,
                                            const rd_kafka_ConfigEntry_t *entry) {
  const rd_kafka_ConfigSource_t source = rd_kafka_ConfigEntry_source(entry);
  return (struct kafka_topic_setting){
      .name = copy_or_null(arena, rd_kafka_ConfigEntry_name(entry)),
      .value = rd_kafka_ConfigEntry_is_sensitive(entry)
                   ? NULL
                   : copy_or_null(arena, rd_kafka_ConfigEntry_value(entry)),
      .source = kafka_setting_source(source),
      .is_default = source == RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG};
}

static void take_settings(struct arena *arena, struct kafka_topic *topic,
                          const rd_kafka_ConfigResource_t *resource) {
  size_t count;
  rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resource);
  topic->settings_error = NULL;
  if (code) {
    topic->settings_error = kafka_error_is_denied(code) ? "needs DESCRIBE_CONFIGS on the topic"
                                                        : kafka_error_reason(code);
    return;
  }
  const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
  topic->settings = arena_alloc(arena, count * sizeof *topic->settings);
  for (size_t i = 0; topic->settings && i < count; i++)
    topic->settings[topic->setting_count++] = kafka_setting_of(arena, entries[i]);
}

static struct kafka_topic *topic_find(struct kafka_topic *topics, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(topics[i].name, name) == 0)
      return &topics[i];
  return NULL;
}

static void take_resources(struct arena *arena, struct kafka_topic *topics, size_t count,
                           rd_kafka_event_t *event) {
  size_t found;
  const rd_kafka_ConfigResource_t **answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event), &found);
  for (size_t i = 0; i < found; i++) {
    struct kafka_topic *topic = topic_find(topics, count, rd_kafka_ConfigResource_name(answers[i]));
    if (topic)
      take_settings(arena, topic, answers[i]);
  }
}

void kafka_settings_read(struct kafka_session *session, struct arena *arena,
                         struct kafka_topic *topics, size_t count, int limit_ms) {
  rd_kafka_ConfigResource_t *resources[KAFKA_SETTINGS_TOPICS_MAX];
  const size_t asked = count < KAFKA_SETTINGS_TOPICS_MAX ? count : KAFKA_SETTINGS_TOPICS_MAX;
  struct err err = {0};
  size_t subject;
  for (size_t i = 0; i < count; i++)
    topics[i].settings_error = i < asked ? "not known" : "not read: too many topics";
  if (asked == 0)
    return;
  for (size_t i = 0; i < asked; i++)
    resources[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics[i].name);
  kafka_session_step(session, "the settings");
  rd_kafka_AdminOptions_t *options =
      kafka_session_options(session, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, 0, limit_ms);
  rd_kafka_DescribeConfigs(session->rk, resources, asked, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_ConfigResource_destroy_array(resources, asked);
  rd_kafka_event_t *event = kafka_session_wait(session, &subject, &err);
  const char *why = !event ? arena_printf(arena, "%s", err.text) : NULL;
  if (event && rd_kafka_event_error(event))
    why = kafka_error_reason(rd_kafka_event_error(event));
  for (size_t i = 0; why && i < asked; i++)
    topics[i].settings_error = why;
  if (event && !why)
    take_resources(arena, topics, asked, event);
  if (event)
    rd_kafka_event_destroy(event);
}

/* ---- next messages */

/* A message to read: in a partition in which a group, or a reader of committed transactions, has
 * something before it. */
struct candidate {
  uint32_t topic;
  int32_t partition;
  int64_t from, lag;
};

static int lag_compare(const void *a, const void *b) {
  const struct candidate *x = a, *y = b;
  return (x->lag < y->lag) - (x->lag > y->lag);
}

static int place_compare(const void *a, const void *b) {
  const struct candidate *x = a, *y = b;
  if (x->topic != y->topic)
    return x->topic < y->topic ? -1 : 1;
  return (x->partition > y->partition) - (x->partition < y->partition);
}

static struct kafka_partition *partition_of(const struct kafka_snapshot *snapshot,
                                            const struct candidate *place) {
  const struct kafka_topic *topic = &snapshot->topics[place->topic];
  return place->partition < topic->partition_count ? &topic->partitions[place->partition] : NULL;
}

/* Those with the most lag, then by place. */
static size_t candidates_choose(struct kafka_snapshot *snapshot, struct candidate *all,
                                size_t count) {
  if (count > KAFKA_NEXT_MAX) {
    qsort(all, count, sizeof *all, lag_compare);
    snapshot->nexts_left_out = count - KAFKA_NEXT_MAX;
    count = KAFKA_NEXT_MAX;
  }
  if (count > 1)
    qsort(all, count, sizeof *all, place_compare);
  return count;
}

static void take_next(void *arg, size_t index, const rd_kafka_message_t *message) {
  struct kafka_snapshot *snapshot = arg;
  rd_kafka_timestamp_type_t type;
  const int64_t time_ms = rd_kafka_message_timestamp(message, &type);
  snapshot->nexts[index].offset = message->offset;
  snapshot->nexts[index].time_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_ms;
}

const char *kafka_fetch_reason(const char *error) {
  const char *denied = kafka_error_reason(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  return error && strcmp(error, denied) == 0 ? "needs READ on the topic" : error;
}

static void read_nexts(struct kafka_session *session, struct kafka_snapshot *snapshot,
                       const struct candidate *all, size_t count) {
  enum { FETCH_MS = 2000 };
  struct kafka_fetch fetches[KAFKA_NEXT_MAX] = {0};
  const int share_ms = kafka_session_left(session) / 4;
  snapshot->nexts = arena_alloc(&snapshot->arena, (count + 1) * sizeof *snapshot->nexts);
  if (!snapshot->nexts || count == 0)
    return;
  for (size_t i = 0; i < count; i++) {
    const struct kafka_partition *partition = partition_of(snapshot, &all[i]);
    /* what retention has deleted is not read: the next one is the first that exists */
    snapshot->nexts[i] = (struct kafka_next){.topic = all[i].topic,
                                             .partition = all[i].partition,
                                             .committed = all[i].from,
                                             .offset = KAFKA_NO_OFFSET,
                                             .time_ms = -1};
    fetches[i] = (struct kafka_fetch){.topic = snapshot->topics[all[i].topic].name,
                                      .partition = all[i].partition,
                                      .offset = all[i].from > partition->start ? all[i].from
                                                                               : partition->start,
                                      .before = partition->end,
                                      .most = 1};
  }
  snapshot->next_count = count;
  kafka_session_step(session, "the next messages");
  kafka_fetch_read(session, fetches, count, share_ms < FETCH_MS ? share_ms : FETCH_MS, take_next,
                   snapshot);
  for (size_t i = 0; i < count; i++)
    snapshot->nexts[i].error = kafka_fetch_reason(fetches[i].error);
}

void kafka_next_read(struct kafka_session *session, struct kafka_snapshot *snapshot) {
  if (snapshot->group_count == 0)
    return;
  kafka_settings_read(session, &snapshot->arena, snapshot->topics, snapshot->topic_count,
                      kafka_session_left(session) / 4);
  const struct kafka_group *group = &snapshot->groups[0];
  struct candidate *all = mem_new((group->share_count + 1) * sizeof *all);
  size_t count = 0;
  for (size_t i = 0; i < group->share_count; i++) {
    const struct kafka_share *share = &group->shares[i];
    struct candidate place = {share->topic, share->partition, share->committed, 0};
    const struct kafka_partition *partition = partition_of(snapshot, &place);
    if (!partition || partition->error || share->committed < 0 ||
        partition->end <= share->committed)
      continue;
    place.lag = partition->end - share->committed;
    all[count++] = place;
  }
  read_nexts(session, snapshot, all, candidates_choose(snapshot, all, count));
  free(all);
}

/* ---- who has read up to an open transaction */

/* The least committed offset of the groups that are close before that offset; the offset if there
 * is none. */
static int64_t least_near(const struct kafka_snapshot *snapshot, const struct kafka_next *next) {
  enum { NEAR = 16 };
  int64_t least = next->committed;
  for (size_t g = 0; g < snapshot->group_count; g++)
    for (size_t i = 0; i < snapshot->groups[g].share_count; i++) {
      const struct kafka_share *share = &snapshot->groups[g].shares[i];
      if (share->topic == next->topic && share->partition == next->partition &&
          share->committed < least && share->committed >= next->committed - NEAR)
        least = share->committed;
    }
  return least;
}

static void take_read(void *arg, size_t index, const rd_kafka_message_t *message) {
  struct kafka_snapshot *snapshot = arg;
  snapshot->nexts[index].read_to = message->offset + 1;
}

/* The end of the transaction before is an offset, too, without a message: a client may commit the
 * offset before it or after it, and has read everything in both cases. */
static void read_ends(struct kafka_session *committed, struct kafka_snapshot *snapshot) {
  enum { FETCH_MS = 2500 };
  struct kafka_fetch fetches[KAFKA_NEXT_MAX] = {0};
  const int share_ms = kafka_session_left(committed) / 2;
  if (snapshot->next_count == 0)
    return;
  for (size_t i = 0; i < snapshot->next_count; i++) {
    struct kafka_next *next = &snapshot->nexts[i];
    next->read_to = least_near(snapshot, next);
    fetches[i] = (struct kafka_fetch){.topic = snapshot->topics[next->topic].name,
                                      .partition = next->partition,
                                      .offset = next->read_to,
                                      .before = next->committed,
                                      .most = SIZE_MAX};
  }
  kafka_session_step(committed, "the ends of transactions");
  kafka_fetch_read(committed, fetches, snapshot->next_count,
                   share_ms < FETCH_MS ? share_ms : FETCH_MS, take_read, snapshot);
  for (size_t i = 0; i < snapshot->next_count; i++)
    if (fetches[i].error)
      snapshot->nexts[i].read_to = snapshot->nexts[i].committed;
}

void kafka_next_open(struct kafka_session *session, struct kafka_session *committed,
                     struct kafka_snapshot *snapshot) {
  struct candidate *all = NULL;
  size_t count = 0;
  for (uint32_t t = 0; t < snapshot->topic_count; t++)
    for (int32_t p = 0; p < snapshot->topics[t].partition_count; p++) {
      const struct kafka_partition *partition = &snapshot->topics[t].partitions[p];
      if (partition->error || partition->stable < 0 || partition->stable >= partition->end)
        continue;
      if (count % 64 == 0)
        all = mem_resize(all, (count + 64) * sizeof *all);
      all[count++] =
          (struct candidate){t, p, partition->stable, partition->end - partition->stable};
    }
  read_nexts(session, snapshot, all, candidates_choose(snapshot, all, count));
  free(all);
  read_ends(committed, snapshot);
}

/* Whether a group has read up to the transaction, or nearly so: see read_ends. */
static bool is_waited_for(const struct kafka_snapshot *snapshot, uint32_t topic,
                          const struct candidate *place) {
  const struct kafka_next next = {
      .topic = topic, .partition = place->partition, .committed = place->from + 1};
  return least_near(snapshot, &next) <= place->from;
}

void kafka_next_held(struct kafka_session *session, struct kafka_session *committed,
                     struct kafka_snapshot *snapshot) {
  struct candidate *all = NULL;
  size_t count = 0;
  for (uint32_t t = 0; t < snapshot->topic_count; t++)
    for (int32_t p = 0; p < snapshot->topics[t].partition_count; p++) {
      const struct kafka_partition *partition = &snapshot->topics[t].partitions[p];
      const struct candidate one = {t, p, partition->stable, partition->end - partition->stable};
      if (partition->error || partition->stable < 0 || partition->stable >= partition->end ||
          !is_waited_for(snapshot, t, &one))
        continue;
      if (count % 64 == 0)
        all = mem_resize(all, (count + 64) * sizeof *all);
      all[count++] = one;
    }
  read_nexts(session, snapshot, all, candidates_choose(snapshot, all, count));
  free(all);
  read_ends(committed, snapshot);
}
