#include "clients/kafka/child/kafka_next.h"

#include "clients/kafka/child/kafka_admin_run.h"
#include "clients/kafka/child/kafka_error.h"
#include "clients/kafka/child/kafka_fetch.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- settings */

static const char *copy_or_null(struct arena *arena, const char *text) {
  return text ? arena_text(arena, text, strlen(text)) : NULL;
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
  for (size_t i = 0; topic->settings && i < count; i++) {
    const rd_kafka_ConfigSource_t source = rd_kafka_ConfigEntry_source(entries[i]);
    topic->settings[topic->setting_count++] = (struct kafka_topic_setting){
        .name = copy_or_null(arena, rd_kafka_ConfigEntry_name(entries[i])),
        .value = rd_kafka_ConfigEntry_is_sensitive(entries[i])
                     ? NULL
                     : copy_or_null(arena, rd_kafka_ConfigEntry_value(entries[i])),
        .source = kafka_setting_source(source),
        .is_default = source == RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG};
  }
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

/* A partition in which the group has something to read. */
struct candidate {
  const struct kafka_share *share;
  int64_t lag;
};

static int lag_compare(const void *a, const void *b) {
  const struct candidate *x = a, *y = b;
  return (x->lag < y->lag) - (x->lag > y->lag);
}

static int place_compare(const void *a, const void *b) {
  const struct candidate *x = a, *y = b;
  if (x->share->topic != y->share->topic)
    return x->share->topic < y->share->topic ? -1 : 1;
  return (x->share->partition > y->share->partition) - (x->share->partition < y->share->partition);
}

static const struct kafka_partition *partition_of(const struct kafka_snapshot *snapshot,
                                                  const struct kafka_share *share) {
  const struct kafka_topic *topic = &snapshot->topics[share->topic];
  return share->partition < topic->partition_count ? &topic->partitions[share->partition] : NULL;
}

/* Those with the most lag, then by place; the caller frees them. */
static struct candidate *candidates_new(struct kafka_snapshot *snapshot, size_t *count) {
  const struct kafka_group *group = &snapshot->groups[0];
  struct candidate *all = mem_new(group->share_count * sizeof *all);
  *count = 0;
  for (size_t i = 0; i < group->share_count; i++) {
    const struct kafka_share *share = &group->shares[i];
    const struct kafka_partition *partition = partition_of(snapshot, share);
    if (partition && !partition->error && share->committed >= 0 &&
        partition->end > share->committed)
      all[(*count)++] = (struct candidate){share, partition->end - share->committed};
  }
  if (*count > KAFKA_NEXT_MAX) {
    qsort(all, *count, sizeof *all, lag_compare);
    snapshot->nexts_left_out = *count - KAFKA_NEXT_MAX;
    *count = KAFKA_NEXT_MAX;
  }
  if (*count > 1)
    qsort(all, *count, sizeof *all, place_compare);
  return all;
}

static void take_next(void *arg, size_t index, const rd_kafka_message_t *message) {
  struct kafka_snapshot *snapshot = arg;
  rd_kafka_timestamp_type_t type;
  const int64_t time_ms = rd_kafka_message_timestamp(message, &type);
  snapshot->nexts[index].offset = message->offset;
  snapshot->nexts[index].time_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_ms;
}

static const char *next_error(const struct kafka_fetch *fetch) {
  if (fetch->error &&
      strcmp(fetch->error, kafka_error_reason(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)) == 0)
    return "needs READ on the topic";
  return fetch->error;
}

static void read_nexts(struct kafka_session *session, struct kafka_snapshot *snapshot,
                       int limit_ms) {
  struct kafka_fetch fetches[KAFKA_NEXT_MAX] = {0};
  size_t count;
  struct candidate *all = candidates_new(snapshot, &count);
  snapshot->nexts = arena_alloc(&snapshot->arena, (count + 1) * sizeof *snapshot->nexts);
  if (snapshot->nexts && count > 0) {
    for (size_t i = 0; i < count; i++) {
      const struct kafka_share *share = all[i].share;
      const struct kafka_partition *partition = partition_of(snapshot, share);
      /* what retention has deleted is not read: the next one is the first that exists */
      const int64_t from =
          share->committed > partition->start ? share->committed : partition->start;
      snapshot->nexts[i] = (struct kafka_next){.topic = share->topic,
                                               .partition = share->partition,
                                               .committed = share->committed,
                                               .offset = KAFKA_NO_OFFSET,
                                               .time_ms = -1};
      fetches[i] = (struct kafka_fetch){.topic = snapshot->topics[share->topic].name,
                                        .partition = share->partition,
                                        .offset = from,
                                        .before = partition->end,
                                        .most = 1};
    }
    snapshot->next_count = count;
    kafka_session_step(session, "the next messages");
    kafka_fetch_read(session, fetches, count, limit_ms, take_next, snapshot);
    for (size_t i = 0; i < count; i++)
      snapshot->nexts[i].error = next_error(&fetches[i]);
  }
  free(all);
}

void kafka_next_read(struct kafka_session *session, struct kafka_snapshot *snapshot) {
  enum { FETCH_MS = 2000 };
  const int left_ms = kafka_session_left(session);
  if (snapshot->group_count == 0)
    return;
  kafka_settings_read(session, &snapshot->arena, snapshot->topics, snapshot->topic_count,
                      left_ms / 4);
  read_nexts(session, snapshot, left_ms / 4 < FETCH_MS ? left_ms / 4 : FETCH_MS);
}
