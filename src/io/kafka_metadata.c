#include "io/kafka_metadata.h"

#include "io/clock.h"

#include <string.h>

enum { COST_SHARE = 20 };

bool kafka_metadata_refresh(struct kafka_session *session, bool now, struct err *err) {
  int64_t began_us = clock_now_us();
  bool of_this_call = session->metadata_us / 1000 >= session->began_ms;
  bool recent = began_us - session->metadata_us < COST_SHARE * session->metadata_cost_us;
  if (session->metadata && (of_this_call || (recent && !now)))
    return true;
  atomic_store(&session->watch->step, "the metadata");
  const struct rd_kafka_metadata *fresh;
  session->requests++;
  rd_kafka_resp_err_t code =
      rd_kafka_metadata(session->rk, 1, NULL, &fresh, kafka_session_left(session));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_session_fail(session, code, NULL, err);
  if (session->metadata)
    rd_kafka_metadata_destroy(session->metadata);
  session->metadata = fresh;
  session->metadata_us = clock_now_us();
  session->metadata_cost_us = session->metadata_us - began_us;
  return true;
}

static void count_partitions(const struct rd_kafka_metadata_topic *topic,
                             struct kafka_snapshot *snapshot) {
  for (int i = 0; i < topic->partition_cnt; i++) {
    const struct rd_kafka_metadata_partition *partition = &topic->partitions[i];
    snapshot->partition_count_all++;
    snapshot->offline += partition->leader < 0;
    snapshot->under_replicated += partition->isr_cnt < partition->replica_cnt;
  }
}

void kafka_metadata_summarize(struct kafka_session *session, struct kafka_snapshot *snapshot) {
  const struct rd_kafka_metadata *metadata = session->metadata;
  snapshot->brokers = (uint32_t)metadata->broker_cnt;
  snapshot->topic_count_all = (uint32_t)metadata->topic_cnt;
  for (int i = 0; i < metadata->topic_cnt; i++)
    count_partitions(&metadata->topics[i], snapshot);
  for (int i = 0; i < metadata->broker_cnt; i++)
    if (metadata->brokers[i].id == metadata->orig_broker_id)
      snapshot->address = arena_printf(&snapshot->arena,
                                       strchr(metadata->brokers[i].host, ':') ? "[%s]:%d" : "%s:%d",
                                       metadata->brokers[i].host, metadata->brokers[i].port);
  snapshot->controller = rd_kafka_controllerid(session->rk, 0); /* as the metadata had it */
  char *id = rd_kafka_clusterid(session->rk, 0);
  if (id)
    snapshot->cluster_id = arena_text(&snapshot->arena, id, strnlen(id, KAFKA_NAME_MAX));
  rd_kafka_mem_free(session->rk, id);
}
