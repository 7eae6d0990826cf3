/* The current state of topics, and their changes. */
#include "clients/kafka/child/admin/kafka_admin_run.h"
#include "clients/kafka/child/kafka_error.h"
#include "clients/kafka/child/read/kafka_metadata.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
  CONFIG_BATCH = 100,      /* topics per request: each returns some 30 settings */
  SETTINGS_MAX = 100000,   /* kept */
  OPERATION_TIMEOUT = 5000 /* ms: how long the controller waits for the brokers */
};

/* ---- reading */

static bool is_internal(const char *name) {
  static const char *const internal[] = {"__consumer_offsets", "__transaction_state",
                                         "__share_group_state", "__cluster_metadata"};
  for (size_t i = 0; i < sizeof internal / sizeof *internal; i++)
    if (strcmp(internal[i], name) == 0)
      return true;
  return false;
}

static void take_topic(struct kafka_admin *admin, const struct rd_kafka_metadata_topic *from) {
  struct kafka_topic_facts *topic = &admin->topics[admin->topic_count++];
  *topic = (struct kafka_topic_facts){
      .name = arena_text(&admin->arena, from->topic, strlen(from->topic)),
      .partitions = from->partition_cnt,
      .replicas = from->partition_cnt > 0 ? from->partitions[0].replica_cnt : 0,
      .error = from->err ? kafka_error_reason(from->err) : NULL};
  for (int i = 0; i < from->partition_cnt; i++)
    topic->led += from->partitions[i].leader >= 0;
  for (int i = 0; admin->logs && i < from->partition_cnt; i++)
    if (!kafka_admin_spot(admin, topic->name, from->partitions[i].id))
      return;
}

static int topic_compare(const void *a, const void *b) {
  const struct kafka_topic_facts *x = a, *y = b;
  return strcmp(x->name, y->name);
}

static void take_metadata(struct kafka_admin *admin, const struct rd_kafka_metadata *metadata) {
  free(admin->topics);
  admin->topics = mem_new((size_t)metadata->topic_cnt * sizeof *admin->topics);
  admin->topic_count = 0;
  for (int i = 0; i < metadata->topic_cnt; i++)
    if (admin->topic || !is_internal(metadata->topics[i].topic))
      take_topic(admin, &metadata->topics[i]);
  if (admin->topic_count > 1)
    qsort(admin->topics, admin->topic_count, sizeof *admin->topics, topic_compare);
}

static bool look_one(struct kafka_session *session, struct kafka_admin *admin, struct err *err) {
  const struct rd_kafka_metadata *metadata;
  kafka_session_step(session, "the topic");
  rd_kafka_topic_t *topic = rd_kafka_topic_new(session->rk, admin->topic, NULL);
  if (!topic)
    return kafka_session_fail(session, rd_kafka_last_error(), NULL, err);
  rd_kafka_resp_err_t code =
      rd_kafka_metadata(session->rk, 0, topic, &metadata, kafka_session_left(session));
  rd_kafka_topic_destroy(topic);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_session_fail(session, code, NULL, err);
  take_metadata(admin, metadata);
  rd_kafka_metadata_destroy(metadata);
  if (admin->topic_count != 1 || admin->topics[0].error)
    return err_set(err, ERR_INVALID, "the topic %.120s: %.80s", admin->topic,
                   admin->topic_count == 1 ? admin->topics[0].error : "no answer");
  return true;
}

const char *kafka_setting_source(rd_kafka_ConfigSource_t source) {
  switch (source) {
  case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG:
    return "topic";
  case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG:
    return "broker";
  case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER_CONFIG:
    return "cluster";
  case RD_KAFKA_CONFIG_SOURCE_STATIC_BROKER_CONFIG:
    return "broker file";
  case RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG:
    return "default";
  default:
    return "not known";
  }
}

static const char *copy_or_null(struct kafka_admin *admin, const char *text) {
  return text ? arena_text(&admin->arena, text, strlen(text)) : NULL;
}

static void take_setting(struct kafka_admin *admin, const char *topic,
                         const rd_kafka_ConfigEntry_t *entry) {
  const char *name = rd_kafka_ConfigEntry_name(entry);
  rd_kafka_ConfigSource_t source = rd_kafka_ConfigEntry_source(entry);
  bool own = source == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
  if (!own && strcmp(name, admin->name) != 0)
    return;
  if (admin->setting_count == SETTINGS_MAX) {
    admin->cut = true;
    return;
  }
  if (admin->setting_count == admin->setting_capacity) {
    admin->setting_capacity = admin->setting_capacity ? admin->setting_capacity * 2 : 32;
    admin->settings =
        mem_resize(admin->settings, admin->setting_capacity * sizeof *admin->settings);
  }
  bool secret = rd_kafka_ConfigEntry_is_sensitive(entry);
  admin->settings[admin->setting_count++] = (struct kafka_setting){
      .topic = topic,
      .name = copy_or_null(admin, name),
      .value = secret ? NULL : copy_or_null(admin, rd_kafka_ConfigEntry_value(entry)),
      .source = kafka_setting_source(source),
      .own = own,
      .secret = secret,
      .fixed = rd_kafka_ConfigEntry_is_read_only(entry)};
}

static struct kafka_topic_facts *topic_find(struct kafka_admin *admin, const char *name) {
  struct kafka_topic_facts key = {.name = name};
  return admin->topic_count > 0 ? bsearch(&key, admin->topics, admin->topic_count,
                                          sizeof *admin->topics, topic_compare)
                                : NULL;
}

static void take_resource(struct kafka_admin *admin, const rd_kafka_ConfigResource_t *resource) {
  struct kafka_topic_facts *topic = topic_find(admin, rd_kafka_ConfigResource_name(resource));
  if (!topic)
    return;
  rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resource);
  if (code) {
    topic->error = kafka_admin_words(admin, code, rd_kafka_ConfigResource_error_string(resource));
    return;
  }
  size_t count;
  const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (size_t i = 0; i < count; i++)
    take_setting(admin, topic->name, entries[i]);
}

static bool look_settings(struct kafka_session *session, struct kafka_admin *admin, size_t from,
                          size_t count, struct err *err) {
  rd_kafka_ConfigResource_t *resources[CONFIG_BATCH];
  for (size_t i = 0; i < count; i++)
    resources[i] =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, admin->topics[from + i].name);
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, 0, kafka_session_left(session));
  rd_kafka_DescribeConfigs(session->rk, resources, count, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_ConfigResource_destroy_array(resources, count);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the settings", err);
  if (!event)
    return false;
  size_t found;
  const rd_kafka_ConfigResource_t **answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event), &found);
  for (size_t i = 0; i < found; i++)
    take_resource(admin, answers[i]);
  rd_kafka_event_destroy(event);
  return true;
}

static int setting_compare(const void *a, const void *b) {
  const struct kafka_setting *x = a, *y = b;
  int order = strcmp(x->topic, y->topic);
  return order ? order : strcmp(x->name, y->name);
}

bool kafka_run_look_topics(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) {
  if (admin->topic) {
    if (!look_one(session, admin, err))
      return false;
  } else {
    if (!kafka_metadata_refresh(session, true, err))
      return false;
    take_metadata(admin, session->metadata);
  }
  if (!kafka_admin_check_cluster(session, admin, err) ||
      !kafka_admin_learn_ids(session, admin, err))
    return false;
  for (size_t at = 0; admin->name && at < admin->topic_count; at += CONFIG_BATCH) {
    size_t left = admin->topic_count - at;
    if (!look_settings(session, admin, at, left < CONFIG_BATCH ? left : CONFIG_BATCH, err))
      return false;
  }
  if (admin->setting_count > 1)
    qsort(admin->settings, admin->setting_count, sizeof *admin->settings, setting_compare);
  return !admin->logs || kafka_admin_logs(session, admin, err);
}

/* ---- partitions */

static rd_kafka_event_t *send_partitions(struct kafka_session *session, struct kafka_admin *admin,
                                         struct err *err) {
  char text[200] = "";
  rd_kafka_NewPartitions_t *change =
      rd_kafka_NewPartitions_new(admin->topic, (size_t)admin->planned, text, sizeof text);
  if (!change) {
    err_set(err, ERR_INVALID, "librdkafka: %s", text);
    return NULL;
  }
  if (!kafka_admin_pass(admin, err)) {
    rd_kafka_NewPartitions_destroy(change);
    return NULL;
  }
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, 0, kafka_session_left(session));
  rd_kafka_AdminOptions_set_operation_timeout(options, OPERATION_TIMEOUT, text, sizeof text);
  rd_kafka_CreatePartitions(session->rk, &change, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewPartitions_destroy(change);
  return kafka_admin_answer(session, admin, "the new partitions", err);
}

bool kafka_run_add_partitions(struct kafka_session *session, struct kafka_admin *admin,
                              struct err *err) {
  if (!look_one(session, admin, err))
    return false;
  if (admin->topics[0].partitions != admin->count)
    return err_set(err, ERR_INVALID, "the topic now has %d partitions",
                   admin->topics[0].partitions);
  if (!kafka_admin_check_cluster(session, admin, err) ||
      !kafka_admin_check_ids(session, admin, err))
    return false;
  rd_kafka_event_t *event = send_partitions(session, admin, err);
  if (!event)
    return false;
  size_t count;
  const rd_kafka_topic_result_t **results = rd_kafka_CreatePartitions_result_topics(
      rd_kafka_event_CreatePartitions_result(event), &count);
  rd_kafka_resp_err_t code =
      count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
  if (code) {
    kafka_admin_doubt(admin, code);
    err_set(err, kafka_error_is_denied(code) ? ERR_DENIED : ERR_PROTOCOL, "%.240s",
            kafka_admin_words(admin, code,
                              count == 1 ? rd_kafka_topic_result_error_string(results[0]) : NULL));
  }
  rd_kafka_event_destroy(event);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- a setting */

static bool check_setting(struct kafka_admin *admin, struct err *err) {
  const struct kafka_setting *setting = NULL;
  for (size_t i = 0; i < admin->setting_count; i++)
    if (strcmp(admin->settings[i].name, admin->name) == 0)
      setting = &admin->settings[i];
  if (!setting)
    return err_set(err, ERR_INVALID, "unknown topic setting %.100s", admin->name);
  const char *now = setting->own ? setting->value : NULL;
  bool same = now && admin->expect ? strcmp(now, admin->expect) == 0 : !now && !admin->expect;
  if (!same || setting->secret || setting->fixed)
    return err_set(err, ERR_INVALID, "%.80s is now %.80s", admin->name,
                   now ? now : "reset to its default");
  return true;
}

#if RD_KAFKA_VERSION >= 0x020200ff

static bool fill_change(struct kafka_admin *admin, rd_kafka_ConfigResource_t *change,
                        struct err *err) {
  rd_kafka_error_t *error = rd_kafka_ConfigResource_add_incremental_config(
      change, admin->name,
      admin->value ? RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET : RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE,
      admin->value);
  if (!error)
    return true;
  err_set(err, ERR_INVALID, "librdkafka: %.200s", rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  return false;
}

static void send_change(struct kafka_session *session, rd_kafka_ConfigResource_t *change) {
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS, 0, kafka_session_left(session));
  rd_kafka_IncrementalAlterConfigs(session->rk, &change, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
}

static const rd_kafka_ConfigResource_t **change_answer(rd_kafka_event_t *event, size_t *count) {
  return rd_kafka_IncrementalAlterConfigs_result_resources(
      rd_kafka_event_IncrementalAlterConfigs_result(event), count);
}

#else /* what is not sent falls back to its default, so all is sent that the topic has of its own \
       */

static bool fill_change(struct kafka_admin *admin, rd_kafka_ConfigResource_t *change,
                        struct err *err) {
  for (size_t i = 0; i < admin->setting_count; i++) {
    const struct kafka_setting *setting = &admin->settings[i];
    if (!setting->own || strcmp(setting->name, admin->name) == 0)
      continue;
    if (!setting->value)
      return err_set(err, ERR_UNSUPPORTED,
                     "librdkafka %s would reset %.80s, which is secret; use kafka-configs.sh",
                     rd_kafka_version_str(), setting->name);
    rd_kafka_ConfigResource_set_config(change, setting->name, setting->value);
  }
  if (admin->value)
    rd_kafka_ConfigResource_set_config(change, admin->name, admin->value);
  return true;
}

static void send_change(struct kafka_session *session, rd_kafka_ConfigResource_t *change) {
  rd_kafka_AdminOptions_t *options = kafka_session_options(session, RD_KAFKA_ADMIN_OP_ALTERCONFIGS,
                                                           0, kafka_session_left(session));
  rd_kafka_AlterConfigs(session->rk, &change, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
}

static const rd_kafka_ConfigResource_t **change_answer(rd_kafka_event_t *event, size_t *count) {
  return rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), count);
}

#endif

static bool take_change(struct kafka_admin *admin, rd_kafka_event_t *event, struct err *err) {
  size_t count;
  const rd_kafka_ConfigResource_t **answers = change_answer(event, &count);
  rd_kafka_resp_err_t code =
      count == 1 ? rd_kafka_ConfigResource_error(answers[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    return true;
  kafka_admin_doubt(admin, code);
  return err_set(
      err, kafka_error_is_denied(code) ? ERR_DENIED : ERR_PROTOCOL, "%.240s",
      kafka_admin_words(admin, code,
                        count == 1 ? rd_kafka_ConfigResource_error_string(answers[0]) : NULL));
}

bool kafka_run_set_config(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err) {
  if (!kafka_run_look_topics(session, admin, err))
    return false;
  if (admin->topics[0].error)
    return err_set(err, ERR_PROTOCOL, "%.180s", admin->topics[0].error);
  rd_kafka_ConfigResource_t *change =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, admin->topic);
  bool sent = check_setting(admin, err) && kafka_admin_check_ids(session, admin, err) &&
              fill_change(admin, change, err) && kafka_admin_pass(admin, err);
  if (sent)
    send_change(session, change);
  rd_kafka_ConfigResource_destroy(change);
  rd_kafka_event_t *event =
      sent ? kafka_admin_answer(session, admin, "the new setting", err) : NULL;
  if (!event)
    return false;
  bool good = take_change(admin, event, err);
  rd_kafka_event_destroy(event);
  return good;
}

/* ---- records */

/* Whether a message was written after the plan, if the plan knew older ones. */
static bool is_younger(const struct kafka_spot *was, const struct kafka_spot *is) {
  return is->mark >= 0 && is->mark < (was->mark >= 0 ? was->mark : was->end);
}

/* A log that is shorter than before is a different one: the topic was recreated. */
static bool check_logs(struct kafka_session *session, struct kafka_admin *admin, struct err *err) {
  struct kafka_admin *now = kafka_admin_new();
  now->mark_ms = admin->mark_ms;
  for (size_t i = 0; i < admin->spot_count; i++)
    kafka_admin_spot(now, admin->spots[i].topic, admin->spots[i].partition);
  bool good = kafka_admin_logs(session, now, err);
  for (size_t i = 0; good && i < admin->spot_count; i++) {
    const struct kafka_spot *was = &admin->spots[i], *is = &now->spots[i];
    if (is->error)
      good = err_set(err, ERR_INVALID, "%.100s/%d: %.80s", was->topic, was->partition, is->error);
    else if (is->start < was->start || is->end < was->end)
      good = err_set(err, ERR_INVALID, "%.100s/%d is a different log now (%lld to %lld)",
                     was->topic, was->partition, (long long)is->start, (long long)is->end);
    else if (admin->mark_ms >= 0 && is_younger(was, is))
      good = err_set(
          err, ERR_INVALID,
          "%.100s/%d is a different log now: messages before offset %lld are newer than the plan",
          was->topic, was->partition, (long long)was->end);
  }
  kafka_admin_free(now);
  return good;
}

bool kafka_run_delete_records(struct kafka_session *session, struct kafka_admin *admin,
                              struct err *err) {
  kafka_admin_sort(admin);
  if (!kafka_admin_check_ids(session, admin, err) || !check_logs(session, admin, err) ||
      !kafka_admin_check_cluster(session, admin, err) || !kafka_admin_pass(admin, err))
    return false;
  char text[80];
  rd_kafka_topic_partition_list_t *list = kafka_admin_list(admin);
  rd_kafka_DeleteRecords_t *change = rd_kafka_DeleteRecords_new(list);
  rd_kafka_AdminOptions_t *options = kafka_session_options(session, RD_KAFKA_ADMIN_OP_DELETERECORDS,
                                                           0, kafka_session_left(session));
  rd_kafka_AdminOptions_set_operation_timeout(options, OPERATION_TIMEOUT, text, sizeof text);
  rd_kafka_DeleteRecords(session->rk, &change, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_DeleteRecords_destroy(change);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the deletion", err);
  if (!event)
    return false;
  kafka_admin_take_errors(
      admin, rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event)));
  rd_kafka_event_destroy(event);
  return true;
}
