/* The leaders of partitions: which are not the preferred ones, and their election. */
#include "clients/kafka/child/admin/kafka_admin_run.h"
#include "clients/kafka/child/kafka_error.h"
#include "clients/kafka/child/read/kafka_metadata.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

#if RD_KAFKA_VERSION >= 0x020600ff
#define HAS_ELECTION 1
#else
#define HAS_ELECTION 0
#endif

/* ---- reading */

static bool is_in_sync(const struct rd_kafka_metadata_partition *partition, int32_t broker) {
  for (int i = 0; i < partition->isr_cnt; i++)
    if (partition->isrs[i] == broker)
      return true;
  return false;
}

static void take_partition(struct kafka_admin *admin, struct kafka_spot *spot,
                           const struct rd_kafka_metadata_partition *from) {
  spot->committed = from->leader >= 0 ? from->leader : KAFKA_NO_OFFSET;
  spot->want = from->replica_cnt > 0 ? from->replicas[0] : KAFKA_NO_OFFSET;
  if (spot->want >= 0 && spot->want != spot->committed && !is_in_sync(from, from->replicas[0]))
    spot->error = arena_printf(&admin->arena, "broker %d is not in sync", from->replicas[0]);
}

static const struct rd_kafka_metadata_partition *
partition_find(const struct rd_kafka_metadata *metadata, const char *topic, int32_t partition) {
  for (int t = 0; t < metadata->topic_cnt; t++)
    for (int p = 0;
         strcmp(metadata->topics[t].topic, topic) == 0 && p < metadata->topics[t].partition_cnt;
         p++)
      if (metadata->topics[t].partitions[p].id == partition)
        return &metadata->topics[t].partitions[p];
  return NULL;
}

static void take_topic(struct kafka_admin *admin, const struct rd_kafka_metadata_topic *topic) {
  for (int i = 0; i < topic->partition_cnt; i++) {
    const struct rd_kafka_metadata_partition *from = &topic->partitions[i];
    if (from->replica_cnt == 0 || from->leader == from->replicas[0])
      continue;
    struct kafka_spot *spot = kafka_admin_spot(admin, topic->topic, from->id);
    if (!spot)
      return;
    take_partition(admin, spot, from);
    if (admin->topic_count == 0 ||
        strcmp(admin->topics[admin->topic_count - 1].name, topic->topic) != 0)
      admin->topics[admin->topic_count++] = (struct kafka_topic_facts){
          .name = arena_text(&admin->arena, topic->topic, strlen(topic->topic))};
  }
}

bool kafka_run_look_leaders(struct kafka_session *session, struct kafka_admin *admin,
                            struct err *err) {
  if (!kafka_metadata_refresh(session, true, err) ||
      !kafka_admin_check_cluster(session, admin, err))
    return false;
  const struct rd_kafka_metadata *metadata = session->metadata;
  if (admin->spot_count == 0) {
    free(admin->topics);
    admin->topics = mem_new(((size_t)metadata->topic_cnt + 1) * sizeof *admin->topics);
    admin->topic_count = 0;
    for (int i = 0; i < metadata->topic_cnt; i++)
      take_topic(admin, &metadata->topics[i]);
    if (!kafka_admin_learn_ids(session, admin, err))
      return false;
  } else {
    for (size_t i = 0; i < admin->spot_count; i++) {
      struct kafka_spot *spot = &admin->spots[i];
      const struct rd_kafka_metadata_partition *from =
          partition_find(metadata, spot->topic, spot->partition);
      spot->committed = spot->want = KAFKA_NO_OFFSET;
      if (from)
        take_partition(admin, spot, from);
      else
        spot->error = "there is no such partition now";
    }
  }
  kafka_admin_sort(admin);
  return true;
}

/* ---- the election */

#if HAS_ELECTION

/* Each partition still has the leader and the preferred replica of the plan. */
static bool check_leaders(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err) {
  if (!kafka_metadata_refresh(session, true, err) ||
      !kafka_admin_check_cluster(session, admin, err) ||
      !kafka_admin_check_ids(session, admin, err))
    return false;
  for (size_t i = 0; i < admin->spot_count; i++) {
    const struct kafka_spot *was = &admin->spots[i];
    struct kafka_spot is = {.committed = KAFKA_NO_OFFSET, .want = KAFKA_NO_OFFSET};
    const struct rd_kafka_metadata_partition *from =
        partition_find(session->metadata, was->topic, was->partition);
    if (from)
      take_partition(admin, &is, from);
    if (is.error)
      return err_set(err, ERR_INVALID, "%.100s/%d: %.80s", was->topic, was->partition, is.error);
    if (is.committed != was->committed || is.want != was->want)
      return err_set(err, ERR_INVALID, "%.100s/%d: its leader or its replicas have changed",
                     was->topic, was->partition);
  }
  return true;
}

static void send_election(struct kafka_session *session, const struct kafka_admin *admin) {
  rd_kafka_topic_partition_list_t *list = kafka_admin_list(admin);
  rd_kafka_ElectLeaders_t *election =
      rd_kafka_ElectLeaders_new(RD_KAFKA_ELECTION_TYPE_PREFERRED, list);
  rd_kafka_AdminOptions_t *options = kafka_session_options(session, RD_KAFKA_ADMIN_OP_ELECTLEADERS,
                                                           0, kafka_session_left(session));
  rd_kafka_ElectLeaders(session->rk, election, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_ElectLeaders_destroy(election);
  rd_kafka_topic_partition_list_destroy(list);
}

static void take_election(struct kafka_admin *admin, rd_kafka_event_t *event) {
  size_t count;
  const rd_kafka_topic_partition_result_t **results =
      rd_kafka_ElectLeaders_result_partitions(rd_kafka_event_ElectLeaders_result(event), &count);
  for (size_t i = 0; i < count; i++) {
    const rd_kafka_topic_partition_t *partition =
        rd_kafka_topic_partition_result_partition(results[i]);
    const rd_kafka_error_t *error = rd_kafka_topic_partition_result_error(results[i]);
    const rd_kafka_resp_err_t code =
        error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
    struct kafka_spot *spot = kafka_admin_find(admin, partition->topic, partition->partition);
    if (spot && code && code != RD_KAFKA_RESP_ERR_ELECTION_NOT_NEEDED)
      spot->error = kafka_admin_words(admin, code, rd_kafka_error_string(error));
  }
}

bool kafka_run_elect_leaders(struct kafka_session *session, struct kafka_admin *admin,
                             struct err *err) {
  kafka_admin_sort(admin);
  if (!check_leaders(session, admin, err) || !kafka_admin_pass(admin, err))
    return false;
  send_election(session, admin);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the election", err);
  if (!event)
    return false;
  take_election(admin, event);
  rd_kafka_event_destroy(event);
  return true;
}

#else

bool kafka_run_elect_leaders(struct kafka_session *session, struct kafka_admin *admin,
                             struct err *err) {
  (void)session, (void)admin;
  return err_set(err, ERR_UNSUPPORTED, "librdkafka %s cannot elect leaders; it needs 2.6",
                 rd_kafka_version_str());
}

#endif

bool kafka_library_elects(void) {
  return HAS_ELECTION;
}
