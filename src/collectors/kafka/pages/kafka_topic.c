/* The page kafka.topic: where a topic is, how it is set, and who reads it. */
#include "clients/kafka/kafka_contract.h"
#include "collectors/kafka/kafka_retention.h"
#include "collectors/kafka/kafka_rows.h"
#include "collectors/kafka/kafka_table.h"
#include "collectors/kafka/pages/kafka_topic_rows.h"

#include <stdlib.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum summary_column {
#include "kafka_topic_summary.def"
};
enum setting_column {
#include "kafka_topic_settings.def"
};
#undef COLUMN
#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec summary_columns[] = {
#include "kafka_topic_summary.def"
};
static const struct column_spec setting_columns[] = {
#include "kafka_topic_settings.def"
};
#undef COLUMN

static const struct table_spec summary = {.id = "topic",
                                          .title = "Topic",
                                          .flags = TABLE_SUMMARY,
                                          .columns = summary_columns,
                                          .column_count =
                                              sizeof summary_columns / sizeof *summary_columns};
static const struct table_spec settings = {.id = "settings",
                                           .title = "Settings that differ from the default",
                                           .columns = setting_columns,
                                           .column_count =
                                               sizeof setting_columns / sizeof *setting_columns};
static const struct table_spec *const tables[] = {&summary, &kafka_topics_table, &kafka_lag_table,
                                                  &settings};

static bool query(struct watch *watch, struct kafka_query *query, struct err *err) {
  query->look = KAFKA_LOOK_SETTINGS;
  kafka_page_ask_groups(watch, query);
  return kafka_page_ask_topic(watch, query, err);
}

static void fill_settings(struct kafka_page_call *call, const struct kafka_topic *topic) {
  struct sample *sample = call->sample;
  struct table *table = sample_table(sample, settings.id);
  if (topic->settings_error)
    sample_fault(sample, settings.id, SEVERITY_UNKNOWN, "settings: %s", topic->settings_error);
  for (size_t i = 0; i < topic->setting_count; i++) {
    const struct kafka_topic_setting *setting = &topic->settings[i];
    if (setting->is_default)
      continue;
    struct row *row = sample_row(sample, table, setting->name, NULL);
    if (!row)
      return;
    row->cells[SETTING_NAME] = value_text(sample_copy(sample, setting->name));
    row->cells[SETTING_VALUE] = setting->value ? value_text(sample_copy(sample, setting->value))
                                               : value_none("secret, or not set");
    row->cells[SETTING_SOURCE] = value_text(sample_copy(sample, setting->source));
  }
}

static size_t fill_groups(struct kafka_page_call *call) {
  struct kafka_view view;
  struct table *table = sample_table(call->sample, KAFKA_LAG_TABLE);
  size_t count = 0;
  kafka_view_init(&view, call->snapshot, call->history, call->rules);
  for (size_t i = 0; i < view.count; i++) {
    const struct kafka_group *group = view.groups[i].group;
    if (group->denied)
      sample_note(call->sample, KAFKA_LAG_TABLE, NULL, "some groups: %s", group->error);
    if (group->share_count == 0)
      continue;
    count++;
    if (!kafka_rows_group(call->sample, table, &view.groups[i]))
      break;
  }
  kafka_view_fini(&view);
  if (call->snapshot->rights)
    sample_note(call->sample, KAFKA_LAG_TABLE, NULL, "no consumer group is visible: %s",
                call->snapshot->rights);
  return count;
}

static struct value setting_value(struct sample *sample, const struct kafka_topic *topic,
                                  const char *name) {
  const char *value = kafka_setting_value(topic, name);
  if (value)
    return value_text(sample_copy(sample, value));
  return value_none(topic->settings_error ? sample_copy(sample, topic->settings_error)
                                          : "not known");
}

static void fill_summary(struct kafka_page_call *call, const struct kafka_topic *topic,
                         size_t groups) {
  struct sample *sample = call->sample;
  struct row *row = sample_row(sample, sample_table(sample, summary.id), topic->name, NULL);
  int64_t retention_ms;
  size_t open = 0;
  if (!row)
    return;
  struct value *cells = row->cells;
  const char *why = kafka_retention_of(topic, &retention_ms, NULL);
  for (int32_t p = 0; p < topic->partition_count; p++)
    open +=
        topic->partitions[p].stable >= 0 && topic->partitions[p].stable < topic->partitions[p].end;
  cells[ONE_NAME] = value_text(sample_copy(sample, topic->name));
  cells[ONE_PARTITIONS] = value_int(topic->partition_count);
  if (topic->partition_count > 0)
    cells[ONE_REPLICAS] = value_int((int64_t)kafka_replicas_of(&topic->partitions[0]).count);
  cells[ONE_MIN_ISR] = setting_value(sample, topic, "min.insync.replicas");
  cells[ONE_POLICY] = setting_value(sample, topic, "cleanup.policy");
  cells[ONE_RETENTION] =
      why ? value_none(sample_copy(sample, why)) : value_real((double)retention_ms * 1e-3);
  cells[ONE_GROUPS] = value_int((int64_t)groups);
  cells[ONE_OPEN] = value_int((int64_t)open);
}

/* librdkafka has no call to move replicas. */
static void note_move(struct kafka_page_call *call, const struct kafka_topic *topic) {
  int32_t p;
  free(kafka_focus_topic(call->focus, &p));
  if (p < 0 || p >= topic->partition_count)
    p = 0;
  if (topic->partition_count == 0 || !topic->partitions[p].replicas)
    return;
  sample_note(
      call->sample, KAFKA_TOPICS_TABLE, NULL,
      "to move replicas: kafka-reassign-partitions.sh --bootstrap-server %.120s "
      "--reassignment-json-file FILE --execute --throttle 50000000 (bytes/s), with "
      "{\"version\":1,\"partitions\":[{\"topic\":\"%.120s\",\"partition\":%d,\"replicas\":[%s]}]}; "
      "a replica that is copied is in REPLICAS and not yet in IN SYNC; then --verify, which "
      "removes the throttle",
      target_text(call->target, "bootstrap"), topic->name, p, topic->partitions[p].replicas);
}

static bool fill(struct kafka_page_call *call, struct err *err) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  const struct kafka_topic *topic = snapshot->topic_count > 0 ? &snapshot->topics[0] : NULL;
  if (!topic || topic->error)
    return err_set(err, ERR_INVALID, "there is no topic %.120s that this user may see now",
                   call->focus->label ? call->focus->label : call->focus->key);
  struct table *table = sample_table(call->sample, KAFKA_TOPICS_TABLE);
  for (int32_t p = 0; p < topic->partition_count; p++)
    if (!kafka_partition_row(call, table, topic, p, NULL))
      break;
  fill_settings(call, topic);
  fill_summary(call, topic, fill_groups(call));
  sample_note(call->sample, KAFKA_TOPICS_TABLE, NULL,
              "librdkafka cannot read sizes. Kafka's own command: kafka-log-dirs.sh "
              "--bootstrap-server %.80s --describe --topic-list %.120s",
              target_text(call->target, "bootstrap"), topic->name);
  note_move(call, topic);
  return true;
}

/* Not of the row of a group. */
static bool about(const char *table, const char *key) {
  if (strcmp(table, KAFKA_LAG_TABLE) != 0)
    return true;
  char *topic = kafka_topic_of_key(key);
  free(topic);
  return topic != NULL;
}

static const struct kafka_page own = {.query = query, .fill = fill};

const struct page page_kafka_topic = {
    .spec = {.id = "kafka.topic",
             .kind = "kafka",
             .row_of = KAFKA_TOPICS_TABLE,
             .also_of = KAFKA_LAG_TABLE,
             .about = about,
             .title = "Topic",
             .question = "Where is it, how is it set, and who reads it?",
             .cost = "metadata, settings, offsets of all groups of it, every 10s",
             .interval_ms = 10000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &kafka_page_watch,
    .own = &own,
};
