/* Uses the blocking call that all versions of librdkafka have. Its answer is all or nothing: the
 * error of one partition loses the offsets of all others, so a failed request is repeated in
 * halves, until the failing partitions are alone. */
#include "clients/kafka/child/read/kafka_offsets.h"

#include "clients/kafka/child/kafka_error.h"
#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(KAFKA_AT_END == RD_KAFKA_OFFSET_END && KAFKA_AT_START == RD_KAFKA_OFFSET_BEGINNING,
              "the numbers of librdkafka");
/* Partitions per call: librdkafka takes quadratic time to sort the answers. Requests per
 * collection: finding one failing partition in a batch takes about 20. */
enum { BATCH = 1000, QUESTIONS_MAX = 400 };

struct reading {
  struct kafka_session *session;
  int64_t at;
  int questions;
  int limit_ms;                /* of one question */
  rd_kafka_resp_err_t silence; /* what ended it, where it was the waiting that failed */
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
  int left = kafka_session_left(session);
  rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(
      session->rk, list, left < reading->limit_ms ? left : reading->limit_ms);
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
    mark(places, count, "not read: too many partitions of the same request failed");
    return true;
  }
  rd_kafka_resp_err_t code = ask(reading, places, count);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    return true;
  if (!is_a_partitions(code)) {
    reading->silence = code;
    return false;
  }
  if (count == 1) {
    mark(places, 1, kafka_error_reason(code));
    return true;
  }
  size_t half = count / 2;
  return read_range(reading, places, half) && read_range(reading, places + half, count - half);
}

static int32_t leader_of(const struct kafka_place *place) {
  return partition_of(place)->leader;
}

static int leader_compare(const void *a, const void *b) {
  int32_t x = leader_of(a), y = leader_of(b);
  return x < y ? -1 : x > y;
}

static size_t leaders_count(const struct kafka_place *sorted, size_t count) {
  size_t leaders = 0;
  for (size_t i = 0; i < count; i++)
    leaders += i == 0 || leader_of(&sorted[i]) != leader_of(&sorted[i - 1]);
  return leaders;
}

/* One leader after the other, each with its share of the time. False if none answers. */
static bool read_by_leader(struct reading *reading, const struct kafka_place *sorted, size_t count,
                           size_t leaders) {
  bool any = false;
  for (size_t from = 0, to; from < count; from = to, leaders--) {
    for (to = from; to < count && leader_of(&sorted[to]) == leader_of(&sorted[from]); to++)
      continue;
    reading->limit_ms = kafka_session_left(reading->session) / (int)(leaders + 1);
    reading->silence = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (read_range(reading, sorted + from, to - from))
      any = true;
    else if (reading->silence)
      mark(sorted + from, to - from, "its leader does not answer");
    else
      return false;
  }
  return any || kafka_session_fail(reading->session, reading->silence, NULL, reading->err);
}

static bool read_batch(struct reading *reading, const struct kafka_place *places, size_t count) {
  struct kafka_place *sorted = mem_new(count * sizeof *sorted);
  memcpy(sorted, places, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, leader_compare);
  size_t leaders = leaders_count(sorted, count);
  int left = kafka_session_left(reading->session);
  reading->limit_ms = leaders > 1 ? left / 3 : left;
  reading->silence = RD_KAFKA_RESP_ERR_NO_ERROR;
  bool good = read_range(reading, places, count);
  if (!good && reading->silence && leaders > 1)
    good = read_by_leader(reading, sorted, count, leaders);
  else if (!good && reading->silence)
    kafka_session_fail(reading->session, reading->silence, NULL, reading->err);
  free(sorted);
  return good;
}

bool kafka_offsets_read(struct kafka_session *session, const struct kafka_place *places,
                        size_t count, int64_t at, struct err *err) {
  struct reading reading = {.session = session, .at = at, .err = err};
  for (size_t done = 0; done < count; done += BATCH)
    if (!read_batch(&reading, places + done, count - done < BATCH ? count - done : BATCH))
      return false;
  return true;
}
