#include "clients/kafka/child/read/kafka_metadata.h"

#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

/* One of several brokers may be silent, and librdkafka may choose it: so the request is repeated,
 * perhaps to another. */
enum { COST_SHARE = 20, ATTEMPTS = 3, ATTEMPT_PERCENT = 25 };

static rd_kafka_resp_err_t ask(struct kafka_session *session,
                               const struct rd_kafka_metadata **fresh) {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  bool alone = session->metadata && session->metadata->broker_cnt == 1;
  for (int attempt = 1; code == RD_KAFKA_RESP_ERR__TIMED_OUT && attempt <= ATTEMPTS; attempt++) {
    int left = kafka_session_left(session);
    bool last = alone || attempt == ATTEMPTS;
    session->requests++;
    code = rd_kafka_metadata(session->rk, 1, NULL, fresh,
                             last ? left : (int)((int64_t)left * ATTEMPT_PERCENT / 100));
    if (last || left == 0 || kafka_session_cancelled(session))
      break;
  }
  return code;
}

bool kafka_metadata_refresh(struct kafka_session *session, bool now, struct err *err) {
  int64_t began_us = clock_now_us();
  bool of_this_call = session->metadata_us / 1000 >= session->began_ms;
  bool recent = began_us - session->metadata_us < COST_SHARE * session->metadata_cost_us;
  if (session->metadata && (of_this_call || (recent && !now)))
    return true;
  kafka_session_step(session, "the metadata");
  const struct rd_kafka_metadata *fresh;
  rd_kafka_resp_err_t code = ask(session, &fresh);
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

static int broker_compare(const void *a, const void *b) {
  const struct kafka_broker *x = a, *y = b;
  return x->id < y->id ? -1 : x->id > y->id;
}

/* Of the metadata, with what the roll has of them. */
static void take_brokers(struct kafka_session *session, struct kafka_snapshot *snapshot) {
  const struct rd_kafka_metadata *metadata = session->metadata;
  size_t count = (size_t)metadata->broker_cnt;
  snapshot->brokers = arena_alloc(&snapshot->arena, count * sizeof *snapshot->brokers);
  for (size_t i = 0; snapshot->brokers && i < count; i++) {
    const struct rd_kafka_metadata_broker *from = &metadata->brokers[i];
    snapshot->brokers[i] = (struct kafka_broker){
        .id = from->id,
        .address = arena_printf(&snapshot->arena, strchr(from->host, ':') ? "[%s]:%d" : "%s:%d",
                                from->host, from->port),
        .answered = kafka_roll_has_answered(&session->roll, from->id)};
  }
  snapshot->broker_count = snapshot->brokers ? (uint32_t)count : 0;
  if (snapshot->broker_count > 1)
    qsort(snapshot->brokers, snapshot->broker_count, sizeof *snapshot->brokers, broker_compare);
}

static void take_names(const struct rd_kafka_metadata *metadata, struct kafka_snapshot *snapshot) {
  const size_t count = (size_t)metadata->topic_cnt;
  if (count > KAFKA_LISTED_MAX)
    return;
  snapshot->listed = arena_alloc(&snapshot->arena, (count + 1) * sizeof *snapshot->listed);
  for (size_t i = 0; snapshot->listed && i < count; i++) {
    const char *name = metadata->topics[i].topic;
    snapshot->listed[i] =
        (struct kafka_listed){arena_text(&snapshot->arena, name, strnlen(name, KAFKA_NAME_MAX)),
                              metadata->topics[i].partition_cnt};
  }
  snapshot->listed_count = snapshot->listed ? count : 0;
}

void kafka_metadata_summarize(struct kafka_session *session, struct kafka_snapshot *snapshot) {
  const struct rd_kafka_metadata *metadata = session->metadata;
  snapshot->topic_count_all = (uint32_t)metadata->topic_cnt;
  for (int i = 0; i < metadata->topic_cnt; i++)
    count_partitions(&metadata->topics[i], snapshot);
  take_brokers(session, snapshot);
  take_names(metadata, snapshot);
  char *id = rd_kafka_clusterid(session->rk, 0);
  if (id)
    snapshot->cluster_id = arena_text(&snapshot->arena, id, strnlen(id, KAFKA_NAME_MAX));
  rd_kafka_mem_free(session->rk, id);
}
