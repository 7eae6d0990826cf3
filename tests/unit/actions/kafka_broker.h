/* A real broker, named by STACKTOP_KAFKA (host:port): topics, messages and consumers of the test's
 * own, made with librdkafka and not with the code under test. */
#pragma once

#include "kafka_fixture.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <unistd.h>

enum { BROKER_MS = 15000 };

struct broker {
  const char *address;
  char tag[40]; /* prefix of the names of all topics and groups */
  rd_kafka_t *rk;
  rd_kafka_queue_t *queue;
};

/* New names from now on. */
static inline void broker_tag(struct broker *broker) {
  snprintf(broker->tag, sizeof broker->tag, "act-%d-%lld", getpid(), (long long)clock_now_ms());
}

static inline const char *broker_name(struct broker *broker, const char *what, char out[96]) {
  snprintf(out, 96, "%s-%s", broker->tag, what);
  return out;
}

static inline rd_kafka_t *broker_client(struct broker *broker, rd_kafka_type_t type,
                                        const char *group) {
  char text[200];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", broker->address, text, sizeof text);
  rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
  rd_kafka_conf_set(conf, "enable.sparse.connections", "false", text, sizeof text);
  if (group) {
    rd_kafka_conf_set(conf, "group.id", group, text, sizeof text);
    rd_kafka_conf_set(conf, "enable.auto.commit", "false", text, sizeof text);
    rd_kafka_conf_set(conf, "session.timeout.ms", "6000", text, sizeof text);
  }
  rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
  assert_non_null(rk);
  if (group)
    rd_kafka_poll_set_consumer(rk);
  return rk;
}

static inline void broker_open(struct broker *broker, const char *address) {
  *broker = (struct broker){.address = address};
  broker_tag(broker);
  broker->rk = broker_client(broker, RD_KAFKA_PRODUCER, NULL);
  broker->queue = rd_kafka_queue_new(broker->rk);
}

static inline void broker_close(struct broker *broker) {
  rd_kafka_queue_destroy(broker->queue);
  rd_kafka_destroy(broker->rk);
}

static inline rd_kafka_event_t *broker_answer(struct broker *broker) {
  rd_kafka_event_t *event = rd_kafka_queue_poll(broker->queue, BROKER_MS);
  assert_non_null(event);
  if (rd_kafka_event_error(event))
    fail_msg("%s", rd_kafka_event_error_string(event));
  return event;
}

static inline int broker_partitions(struct broker *broker, const char *topic) {
  const struct rd_kafka_metadata *metadata;
  rd_kafka_topic_t *handle = rd_kafka_topic_new(broker->rk, topic, NULL);
  assert_int_equal(rd_kafka_metadata(broker->rk, 0, handle, &metadata, BROKER_MS), 0);
  int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(handle);
  return count;
}

/* The controller confirms a change shortly before the broker that is asked next knows it. */
static inline void broker_await_partitions(struct broker *broker, const char *topic, int count) {
  int64_t until = clock_now_ms() + BROKER_MS;
  while (broker_partitions(broker, topic) != count) {
    assert_true(clock_now_ms() < until);
    usleep(5000);
  }
}

static inline void broker_topic(struct broker *broker, const char *name, int partitions,
                                const char *const *config) {
  char text[200];
  rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, text, sizeof text);
  for (; config && *config; config += 2)
    rd_kafka_NewTopic_set_config(topic, config[0], config[1]);
  rd_kafka_CreateTopics(broker->rk, &topic, 1, NULL, broker->queue);
  rd_kafka_NewTopic_destroy(topic);
  rd_kafka_event_t *event = broker_answer(broker);
  size_t count;
  const rd_kafka_topic_result_t **results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  if (rd_kafka_topic_result_error(results[0]))
    fail_msg("%s", rd_kafka_topic_result_error_string(results[0]));
  rd_kafka_event_destroy(event);
  broker_await_partitions(broker, name, partitions);
}

static inline void broker_drop_topic(struct broker *broker, const char *name) {
  rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
  rd_kafka_DeleteTopics(broker->rk, &topic, 1, NULL, broker->queue);
  rd_kafka_DeleteTopic_destroy(topic);
  rd_kafka_event_destroy(broker_answer(broker));
  broker_await_partitions(broker, name, 0);
}

static inline void broker_produce(struct broker *broker, const char *topic, int32_t partition,
                                  int count, int64_t timestamp_ms) {
  char message[] = "message";
  for (int i = 0; i < count; i++)
    assert_int_equal(rd_kafka_producev(broker->rk, RD_KAFKA_V_TOPIC(topic),
                                       RD_KAFKA_V_PARTITION(partition),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                       RD_KAFKA_V_KEY("k", 1), RD_KAFKA_V_VALUE(message, 7),
                                       RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_END),
                     0);
  assert_int_equal(rd_kafka_flush(broker->rk, BROKER_MS), 0);
}

/* Commits like a consumer with assign(): without being a member, so that the group is Empty. */
static inline void broker_commit(struct broker *broker, const char *group, const char *topic,
                                 int32_t partition, int64_t offset) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
  rd_kafka_AlterConsumerGroupOffsets_t *change =
      rd_kafka_AlterConsumerGroupOffsets_new(group, list);
  rd_kafka_AlterConsumerGroupOffsets(broker->rk, &change, 1, NULL, broker->queue);
  rd_kafka_AlterConsumerGroupOffsets_destroy(change);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_event_t *event = broker_answer(broker);
  size_t count;
  const rd_kafka_group_result_t **results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count);
  assert_null(rd_kafka_group_result_error(results[0]));
  assert_int_equal(rd_kafka_group_result_partitions(results[0])->elems[0].err, 0);
  rd_kafka_event_destroy(event);
}

/* The committed offset; -1: none. */
static inline int64_t broker_committed(struct broker *broker, const char *group, const char *topic,
                                       int32_t partition) {
  rd_kafka_ListConsumerGroupOffsets_t *question =
      rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
  rd_kafka_ListConsumerGroupOffsets(broker->rk, &question, 1, NULL, broker->queue);
  rd_kafka_ListConsumerGroupOffsets_destroy(question);
  rd_kafka_event_t *event = broker_answer(broker);
  size_t count;
  const rd_kafka_group_result_t **results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
  const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(results[0]);
  const rd_kafka_topic_partition_t *found =
      rd_kafka_topic_partition_list_find((rd_kafka_topic_partition_list_t *)list, topic, partition);
  int64_t offset = found && found->offset >= 0 ? found->offset : -1;
  rd_kafka_event_destroy(event);
  return offset;
}

/* A consumer that has joined and holds partitions of the topic; end it with broker_leave. */
static inline rd_kafka_t *broker_join(struct broker *broker, const char *group, const char *topic) {
  rd_kafka_t *rk = broker_client(broker, RD_KAFKA_CONSUMER, group);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA);
  assert_int_equal(rd_kafka_subscribe(rk, list), 0);
  rd_kafka_topic_partition_list_destroy(list);
  int64_t until = clock_now_ms() + BROKER_MS;
  for (int held = 0; held == 0;) {
    rd_kafka_topic_partition_list_t *now;
    rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 50);
    if (message)
      rd_kafka_message_destroy(message);
    assert_int_equal(rd_kafka_assignment(rk, &now), 0);
    held = now->cnt;
    rd_kafka_topic_partition_list_destroy(now);
    assert_true(clock_now_ms() < until);
  }
  return rk;
}

static inline void broker_leave(rd_kafka_t *rk) {
  rd_kafka_consumer_close(rk);
  rd_kafka_destroy(rk);
}

static inline void broker_ends(struct broker *broker, const char *topic, int32_t partition,
                               int64_t *low, int64_t *high) {
  assert_int_equal(
      rd_kafka_query_watermark_offsets(broker->rk, topic, partition, low, high, BROKER_MS), 0);
}

/* A topic's setting: "VALUE (source)"; for the caller to free. */
static inline char *broker_setting(struct broker *broker, const char *topic, const char *name) {
  rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
  rd_kafka_DescribeConfigs(broker->rk, &resource, 1, NULL, broker->queue);
  rd_kafka_ConfigResource_destroy(resource);
  rd_kafka_event_t *event = broker_answer(broker);
  size_t count, entries;
  const rd_kafka_ConfigResource_t **found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event), &count);
  const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(found[0], &entries);
  char *text = NULL;
  for (size_t i = 0; i < entries; i++)
    if (strcmp(rd_kafka_ConfigEntry_name(entry[i]), name) == 0)
      text = mem_printf("%s (%s)", rd_kafka_ConfigEntry_value(entry[i]),
                        rd_kafka_ConfigSource_name(rd_kafka_ConfigEntry_source(entry[i])));
  rd_kafka_event_destroy(event);
  assert_non_null(text);
  return text;
}

/* Exits with 77 where there is no broker to test with. */
static inline const char *broker_address(void) {
  const char *address = getenv("STACKTOP_KAFKA");
  if (address && *address)
    return address;
  puts("SKIPPED no broker: STACKTOP_KAFKA is not set (tests/e2e/test_actions_kafka.py sets it)");
  exit(77);
}

/* Stops the processes of stacktop's Kafka clients: they hang until they are killed. */
static inline void broker_stop_children(void) {
  char path[64], pids[512] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  char *read = fgets(pids, sizeof pids, file);
  fclose(file);
  for (char *at = read, *end; at && *at; at = end) {
    long pid = strtol(at, &end, 10);
    if (end == at)
      break;
    kill((pid_t)pid, SIGSTOP);
  }
}
