#include "clients/kafka/kafka_fields.h"

#include <stdlib.h>
#include <string.h>

enum {
  GLOBS_MAX = 100000,
  TOPICS_MAX = 1000000,
  MEMBERS_MAX = 1000000,
  PARTITIONS_MAX = 10000000,
  SETTINGS_MAX = 100000,
  BROKERS_MAX = 100000,
};

/* An element that is a text. */
static const struct wire_field text_fields[] = {{WIRE_TEXT, 0, 0, 0, 0, NULL}};
static const struct wire_struct text = {sizeof(char *), text_fields, 1};

/* ---- struct kafka_config, struct kafka_query */

static const struct wire_field config_fields[] = {
    WIRE(struct kafka_config, bootstrap),
    WIRE_MANY(WIRE_LIST, struct kafka_config, names, property_count, GLOBS_MAX, &text),
    WIRE_MANY(WIRE_LIST, struct kafka_config, values, property_count, GLOBS_MAX, &text),
};
const struct wire_struct kafka_config_fields = WIRE_STRUCT(struct kafka_config, config_fields);

static const struct wire_field query_fields[] = {
    WIRE_MANY(WIRE_LIST, struct kafka_query, groups, group_count, GLOBS_MAX, &text),
    WIRE_MANY(WIRE_LIST, struct kafka_query, topics, topic_count, GLOBS_MAX, &text),
    WIRE_ENUM(struct kafka_query, look, KAFKA_LOOK_MESSAGES),
    WIRE(struct kafka_query, partition),
    WIRE(struct kafka_query, held),
    WIRE(struct kafka_query, settings),
    WIRE_MS(struct kafka_query, deadline_ms),
};
const struct wire_struct kafka_query_fields = WIRE_STRUCT(struct kafka_query, query_fields);

/* ---- struct kafka_snapshot */

static const struct wire_field partition_fields[] = {
    WIRE(struct kafka_partition, leader),        WIRE(struct kafka_partition, wanted),
    WIRE(struct kafka_partition, ahead),         WIRE(struct kafka_partition, start),
    WIRE(struct kafka_partition, end),           WIRE_MAYBE(struct kafka_partition, error),
    WIRE(struct kafka_partition, stable),        WIRE_MAYBE(struct kafka_partition, replicas),
    WIRE_MAYBE(struct kafka_partition, in_sync),
};
static const struct wire_struct partition = WIRE_STRUCT(struct kafka_partition, partition_fields);

static const struct wire_field topic_setting_fields[] = {
    WIRE(struct kafka_topic_setting, name),
    WIRE_MAYBE(struct kafka_topic_setting, value),
    WIRE(struct kafka_topic_setting, source),
    WIRE(struct kafka_topic_setting, is_default),
};
static const struct wire_struct topic_setting =
    WIRE_STRUCT(struct kafka_topic_setting, topic_setting_fields);

static const struct wire_field topic_fields[] = {
    WIRE(struct kafka_topic, name),
    WIRE_MANY(WIRE_LIST, struct kafka_topic, partitions, partition_count, PARTITIONS_MAX,
              &partition),
    WIRE_MAYBE(struct kafka_topic, error),
    WIRE_MANY(WIRE_LIST, struct kafka_topic, settings, setting_count, SETTINGS_MAX, &topic_setting),
    WIRE_MAYBE(struct kafka_topic, settings_error),
};
static const struct wire_struct topic = WIRE_STRUCT(struct kafka_topic, topic_fields);

static const struct wire_field member_fields[] = {
    WIRE(struct kafka_member, client),         WIRE(struct kafka_member, host),
    WIRE(struct kafka_member, partitions),     WIRE(struct kafka_member, id),
    WIRE_MAYBE(struct kafka_member, instance),
};
static const struct wire_struct member = WIRE_STRUCT(struct kafka_member, member_fields);

static const struct wire_field share_fields[] = {
    WIRE(struct kafka_share, topic),       WIRE(struct kafka_share, partition),
    WIRE(struct kafka_share, owner),       WIRE(struct kafka_share, committed),
    WIRE_MAYBE(struct kafka_share, error),
};
static const struct wire_struct share = WIRE_STRUCT(struct kafka_share, share_fields);

static const struct wire_field next_fields[] = {
    WIRE(struct kafka_next, topic),
    WIRE(struct kafka_next, partition),
    WIRE(struct kafka_next, committed),
    WIRE(struct kafka_next, offset),
    WIRE(struct kafka_next, time_ms),
    WIRE(struct kafka_next, read_to),
    WIRE_MAYBE(struct kafka_next, error),
    WIRE(struct kafka_next, producer),
    WIRE_MAYBE(struct kafka_next, transactional_id),
    WIRE_MAYBE(struct kafka_next, producer_error),
};
static const struct wire_struct next = WIRE_STRUCT(struct kafka_next, next_fields);

static const struct wire_field group_fields[] = {
    WIRE(struct kafka_group, name),
    WIRE_ENUM(struct kafka_group, state, KAFKA_GROUP_DEAD),
    WIRE(struct kafka_group, state_text),
    WIRE_MANY(WIRE_LIST, struct kafka_group, members, member_count, MEMBERS_MAX, &member),
    WIRE_MANY(WIRE_LIST, struct kafka_group, shares, share_count, KAFKA_SHARES_MAX, &share),
    WIRE_MAYBE(struct kafka_group, error),
    WIRE(struct kafka_group, denied),
    WIRE(struct kafka_group, cut),
    WIRE_MAYBE(struct kafka_group, assignor),
    WIRE_MAYBE(struct kafka_group, coordinator),
};
static const struct wire_struct group = WIRE_STRUCT(struct kafka_group, group_fields);

static const struct wire_field broker_fields[] = {
    WIRE(struct kafka_broker, id),
    WIRE(struct kafka_broker, address),
    WIRE(struct kafka_broker, answered),
    WIRE_MAYBE(struct kafka_broker, rack),
    WIRE_MAYBE(struct kafka_broker, log_dirs),
    WIRE_MAYBE(struct kafka_broker, settings_error),
    WIRE_MANY(WIRE_LIST, struct kafka_broker, settings, setting_count, SETTINGS_MAX,
              &topic_setting),
};
static const struct wire_struct broker = WIRE_STRUCT(struct kafka_broker, broker_fields);

static const struct wire_field message_fields[] = {
    WIRE(struct kafka_message, offset),        WIRE(struct kafka_message, time_ms),
    WIRE(struct kafka_message, key_length),    WIRE(struct kafka_message, value_length),
    WIRE_MAYBE(struct kafka_message, key),     WIRE_MAYBE(struct kafka_message, value),
    WIRE_MAYBE(struct kafka_message, headers), WIRE(struct kafka_message, cut),
};
static const struct wire_struct message = WIRE_STRUCT(struct kafka_message, message_fields);

static const struct wire_field listed_fields[] = {
    WIRE(struct kafka_listed, name),
    WIRE(struct kafka_listed, partition_count),
};
static const struct wire_struct listed = WIRE_STRUCT(struct kafka_listed, listed_fields);

static const struct wire_field snapshot_fields[] = {
    WIRE_MAYBE(struct kafka_snapshot, cluster_id),
    WIRE_MANY(WIRE_LIST, struct kafka_snapshot, brokers, broker_count, BROKERS_MAX, &broker),
    WIRE(struct kafka_snapshot, list_failed),
    WIRE_MAYBE(struct kafka_snapshot, list_reason),
    WIRE(struct kafka_snapshot, topics_hidden),
    WIRE_MAYBE(struct kafka_snapshot, rights),
    WIRE(struct kafka_snapshot, topic_count_all),
    WIRE(struct kafka_snapshot, partition_count_all),
    WIRE_MANY(WIRE_LIST, struct kafka_snapshot, listed, listed_count, KAFKA_LISTED_MAX, &listed),
    WIRE(struct kafka_snapshot, under_replicated),
    WIRE(struct kafka_snapshot, offline),
    WIRE_MANY(WIRE_LIST, struct kafka_snapshot, topics, topic_count, TOPICS_MAX, &topic),
    /* configured names are additional to the limit for groups */
    WIRE_MANY(WIRE_LIST, struct kafka_snapshot, groups, group_count, KAFKA_GROUPS_MAX + GLOBS_MAX,
              &group),
    WIRE_MANY(WIRE_LIST, struct kafka_snapshot, nexts, next_count, KAFKA_NEXT_MAX, &next),
    WIRE(struct kafka_snapshot, nexts_left_out),
    WIRE_MANY(WIRE_LIST, struct kafka_snapshot, messages, message_count, KAFKA_MESSAGES_MAX,
              &message),
    WIRE(struct kafka_snapshot, messages_from),
    WIRE_MAYBE(struct kafka_snapshot, messages_error),
    WIRE(struct kafka_snapshot, layout_left_out),
    WIRE(struct kafka_snapshot, has_stable),
    WIRE_MANY(WIRE_LIST, struct kafka_snapshot, configs, config_count, KAFKA_CONFIGS_MAX, &topic),
    WIRE(struct kafka_snapshot, has_configs),
    WIRE(struct kafka_snapshot, groups_left_out),
    WIRE_MAYBE(struct kafka_snapshot, crash), /* the child leaves it NULL */
    WIRE_MANY(WIRE_ARRAY, struct kafka_snapshot, notes, note_count, KAFKA_NOTES_MAX, &text),
    WIRE_MS(struct kafka_snapshot, committed_ms),
    WIRE_MS(struct kafka_snapshot, ended_ms),
    WIRE(struct kafka_snapshot, requests),
};
const struct wire_struct kafka_snapshot_fields =
    WIRE_STRUCT(struct kafka_snapshot, snapshot_fields);

static bool group_is_sound(const struct kafka_snapshot *snapshot, const struct kafka_group *from) {
  for (size_t i = 0; i < from->share_count; i++) {
    const struct kafka_share *at = &from->shares[i];
    if (at->topic >= snapshot->topic_count || at->partition < 0 || at->owner < -1 ||
        (at->owner >= 0 && (size_t)at->owner >= from->member_count))
      return false;
  }
  return true;
}

bool kafka_snapshot_get(struct wire_in *in, struct kafka_snapshot *snapshot) {
  bool good = wire_get(in, &kafka_snapshot_fields, snapshot);
  for (size_t i = 0; good && i < snapshot->group_count; i++)
    good = group_is_sound(snapshot, &snapshot->groups[i]);
  for (size_t i = 0; good && i < snapshot->next_count; i++)
    good = snapshot->nexts[i].topic < snapshot->topic_count && snapshot->nexts[i].partition >= 0;
  return good && in->left == 0;
}

void kafka_snapshot_put(struct wire_out *out, const struct kafka_snapshot *snapshot) {
  wire_put(out, &kafka_snapshot_fields, snapshot);
}

/* ---- struct kafka_admin */

static const struct wire_field spot_fields[] = {
    WIRE(struct kafka_spot, topic),       WIRE_MAYBE(struct kafka_spot, topic_id),
    WIRE(struct kafka_spot, partition),   WIRE(struct kafka_spot, committed),
    WIRE(struct kafka_spot, start),       WIRE(struct kafka_spot, end),
    WIRE(struct kafka_spot, at),          WIRE(struct kafka_spot, mark),
    WIRE(struct kafka_spot, want),        WIRE(struct kafka_spot, asked),
    WIRE_MAYBE(struct kafka_spot, error),
};
static const struct wire_struct spot = WIRE_STRUCT(struct kafka_spot, spot_fields);

static const struct wire_field facts_fields[] = {
    WIRE(struct kafka_group_facts, listed),
    WIRE(struct kafka_group_facts, classic),
    WIRE_ENUM(struct kafka_group_facts, state, KAFKA_GROUP_DEAD),
    WIRE(struct kafka_group_facts, state_text),
    WIRE(struct kafka_group_facts, members),
};
static const struct wire_struct facts = WIRE_STRUCT(struct kafka_group_facts, facts_fields);

static const struct wire_field topic_facts_fields[] = {
    WIRE(struct kafka_topic_facts, name),     WIRE(struct kafka_topic_facts, partitions),
    WIRE(struct kafka_topic_facts, led),      WIRE(struct kafka_topic_facts, replicas),
    WIRE_MAYBE(struct kafka_topic_facts, id), WIRE_MAYBE(struct kafka_topic_facts, error),
};
static const struct wire_struct topic_facts =
    WIRE_STRUCT(struct kafka_topic_facts, topic_facts_fields);

static const struct wire_field setting_fields[] = {
    WIRE(struct kafka_setting, topic),       WIRE(struct kafka_setting, name),
    WIRE_MAYBE(struct kafka_setting, value), WIRE(struct kafka_setting, source),
    WIRE(struct kafka_setting, own),         WIRE(struct kafka_setting, secret),
    WIRE(struct kafka_setting, fixed),
};
static const struct wire_struct setting = WIRE_STRUCT(struct kafka_setting, setting_fields);

static const struct wire_field question_fields[] = {
    WIRE_MAYBE(struct kafka_admin, cluster),
    WIRE_MAYBE(struct kafka_admin, group),
    WIRE_MAYBE(struct kafka_admin, topic),
    WIRE(struct kafka_admin, logs),
    WIRE_MAYBE(struct kafka_admin, topic_id),
    WIRE(struct kafka_admin,
         mark_ms), /* these two are times of a broker, not of the steady clock */
    WIRE(struct kafka_admin, time_ms),
    WIRE(struct kafka_admin, whole_topics),
    WIRE_MAYBE(struct kafka_admin, name),
    WIRE_MAYBE(struct kafka_admin, value),
    WIRE_MAYBE(struct kafka_admin, expect),
    WIRE(struct kafka_admin, count),
    WIRE(struct kafka_admin, planned),
    WIRE_MAYBE(struct kafka_admin, path),
    WIRE_MAYBE(struct kafka_admin, text),
    WIRE_MANY(WIRE_HEAP_LIST, struct kafka_admin, spots, spot_count, KAFKA_SPOTS_MAX, &spot),
};
const struct wire_struct kafka_question_fields = WIRE_STRUCT(struct kafka_admin, question_fields);

static const struct wire_field answer_fields[] = {
    WIRE_MAYBE(struct kafka_admin, cluster),
    WIRE_MANY(WIRE_HEAP_LIST, struct kafka_admin, spots, spot_count, KAFKA_SPOTS_MAX, &spot),
    WIRE_INSIDE(struct kafka_admin, facts, facts),
    WIRE_MANY(WIRE_HEAP_LIST, struct kafka_admin, topics, topic_count, TOPICS_MAX, &topic_facts),
    WIRE_MANY(WIRE_HEAP_LIST, struct kafka_admin, settings, setting_count, SETTINGS_MAX, &setting),
    WIRE_MANY(WIRE_BYTES, struct kafka_admin, loaded, loaded_len, KAFKA_FILE_MAX, NULL),
    WIRE(struct kafka_admin, cut),
    WIRE(struct kafka_admin, unsure),
};
const struct wire_struct kafka_answer_fields = WIRE_STRUCT(struct kafka_admin, answer_fields);

/* The possible values of admin->run; the index in here is sent. */
static const kafka_run runs[] = {
    kafka_run_load,           kafka_run_look_group,     kafka_run_look_logs,
    kafka_run_look_topics,    kafka_run_set_offsets,    kafka_run_drop_offsets,
    kafka_run_drop_group,     kafka_run_add_partitions, kafka_run_set_config,
    kafka_run_delete_records, kafka_run_look_leaders,   kafka_run_elect_leaders,
};
enum { RUNS = sizeof runs / sizeof *runs };

void kafka_question_put(struct wire_out *out, const struct kafka_admin *admin) {
  int64_t run = 0;
  while (run < RUNS && runs[run] != admin->run)
    run++;
  wire_put_int(out, run);
  wire_put(out, &kafka_question_fields, admin);
}

bool kafka_question_get(struct wire_in *in, struct kafka_admin *admin) {
  int64_t run = wire_get_int(in);
  if (run < 0 || run >= RUNS)
    return false;
  admin->run = runs[run];
  bool good = wire_get(in, &kafka_question_fields, admin);
  admin->spot_capacity = admin->spot_count;
  return good && in->left == 0;
}

void kafka_answer_put(struct wire_out *out, const struct kafka_admin *admin) {
  wire_put(out, &kafka_answer_fields, admin);
}

static void answer_drop(struct kafka_admin *admin) {
  free(admin->spots);
  free(admin->topics);
  free(admin->settings);
  free(admin->loaded);
  admin->spots = NULL;
  admin->topics = NULL;
  admin->settings = NULL;
  admin->loaded = NULL;
  admin->spot_count = admin->topic_count = admin->setting_count = admin->loaded_len = 0;
}

bool kafka_answer_get(struct wire_in *in, struct kafka_admin *admin) {
  answer_drop(admin);
  bool good = wire_get(in, &kafka_answer_fields, admin);
  admin->spot_capacity = admin->spot_count;
  admin->setting_capacity = admin->setting_count;
  return good && in->left == 0;
}
