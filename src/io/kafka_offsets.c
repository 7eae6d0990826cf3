/* The blocking call that librdkafka has had all along. Its answer is all or nothing: the error of
 * one partition loses the offsets of all others, so what fails is asked for again in halves, until
 * the culprits are alone. */
#include "io/kafka_offsets.h"

#include "io/kafka_error.h"

#include <assert.h>

static_assert(KAFKA_AT_END == RD_KAFKA_OFFSET_END && KAFKA_AT_START == RD_KAFKA_OFFSET_BEGINNING,
              "librdkafka's own numbers");
/* Partitions in one call: librdkafka takes the square of it to sort the answers in.
 * Questions for one collection: each culprit costs about 20 to be found among a batch. */
enum { BATCH = 1000, QUESTIONS_MAX = 400 };

struct reading {
  struct kafka_session *session;
  int64_t at;
  int questions;
  struct err *err;
};

static struct kafka_partition *partition_of(const struct kafka_place *place) {
  return &place->topic->partitions[place->partition];
}

static rd_kafka_resp_err_t ask(struct reading *reading, const struct kafka_place *places,
                               size_t count) {
  struct kafka_session *session = reading->session;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
  for (size_t i = 0; i < count; i++)
    rd_kafka_topic_partition_list_add(list, places[i].topic->name, places[i].partition)->offset =
        reading->at;
  reading->questions++;
  session->requests++;
  rd_kafka_resp_err_t code =
      rd_kafka_offsets_for_times(session->rk, list, kafka_session_left(session));
  for (size_t i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < count; i++) {
    const rd_kafka_topic_partition_t *found = &list->elems[i];
    struct kafka_partition *partition = partition_of(&places[i]);
    if (found->err)
      partition->error = kafka_error_reason(found->err);
    else if (reading->at == KAFKA_AT_END)
      partition->end = found->offset < 0 ? KAFKA_NO_OFFSET : found->offset;
    else
      partition->start = found->offset < 0 ? KAFKA_NO_OFFSET : found->offset;
  }
  rd_kafka_topic_partition_list_destroy(list);
  return code;
}

static void mark(const struct kafka_place *places, size_t count, const char *error) {
  for (size_t i = 0; i < count; i++)
    partition_of(&places[i])->error = error;
}

/* Whether asking again, for fewer, can help: not where it is the waiting that failed. */
static bool is_a_partitions(rd_kafka_resp_err_t code) {
  switch (code) {
  case RD_KAFKA_RESP_ERR__TIMED_OUT:
  case RD_KAFKA_RESP_ERR__TRANSPORT:
  case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
  case RD_KAFKA_RESP_ERR__DESTROY:
    return false;
  default:
    return true;
  }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as BATCH has bits */
static bool read_range(struct reading *reading, const struct kafka_place *places, size_t count) {
  if (kafka_session_cancelled(reading->session))
    return err_set(reading->err, ERR_CLOSED, "cancelled");
  if (reading->questions >= QUESTIONS_MAX) {
    mark(places, count, "too many partitions with errors around it");
    return true;
  }
  rd_kafka_resp_err_t code = ask(reading, places, count);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    return true;
  if (!is_a_partitions(code))
    return kafka_session_fail(reading->session, code, NULL, reading->err);
  if (count == 1) {
    mark(places, 1, kafka_error_reason(code));
    return true;
  }
  size_t half = count / 2;
  return read_range(reading, places, half) && read_range(reading, places + half, count - half);
}

bool kafka_offsets_read(struct kafka_session *session, const struct kafka_place *places,
                        size_t count, int64_t at, struct err *err) {
  struct reading reading = {.session = session, .at = at, .err = err};
  for (size_t done = 0; done < count; done += BATCH)
    if (!read_range(&reading, places + done, count - done < BATCH ? count - done : BATCH))
      return false;
  return true;
}
