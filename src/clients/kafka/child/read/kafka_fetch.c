/* The simple consumer of librdkafka: it needs no group, and reads from an offset that is given. */
#include "clients/kafka/child/read/kafka_fetch.h"

#include "clients/kafka/child/kafka_error.h"
#include "io/clock.h"

#include <string.h>

/* Maximum delay of a cancel. */
enum { SLICE_MS = 25 };

static void start(struct kafka_session *session, struct kafka_fetch *fetch,
                  rd_kafka_queue_t *queue) {
  fetch->got = 0;
  fetch->over = true;
  fetch->error = NULL;
  if (fetch->offset >= fetch->before)
    return;
  fetch->handle = rd_kafka_topic_new(session->rk, fetch->topic, NULL);
  if (fetch->handle &&
      rd_kafka_consume_start_queue(fetch->handle, fetch->partition, fetch->offset, queue) == 0) {
    fetch->over = false;
    session->requests++;
    return;
  }
  fetch->error = kafka_error_reason(rd_kafka_last_error());
  if (fetch->handle)
    rd_kafka_topic_destroy(fetch->handle);
  fetch->handle = NULL;
}

static void stop(struct kafka_fetch *fetch) {
  if (!fetch->handle)
    return;
  rd_kafka_consume_stop(fetch->handle, fetch->partition);
  rd_kafka_topic_destroy(fetch->handle);
  fetch->handle = NULL;
}

static size_t index_of(const struct kafka_fetch *fetches, size_t count,
                       const rd_kafka_message_t *message) {
  size_t i = 0;
  while (i < count &&
         !(fetches[i].handle && fetches[i].partition == message->partition && message->rkt &&
           strcmp(fetches[i].topic, rd_kafka_topic_name(message->rkt)) == 0))
    i++;
  return i;
}

/* Whether it is of use. A connection that breaks is tried again until the time is over. */
static bool take_in(struct kafka_fetch *fetch, const rd_kafka_message_t *message) {
  if (message->err == RD_KAFKA_RESP_ERR__TRANSPORT || message->err == RD_KAFKA_RESP_ERR__TIMED_OUT)
    return false;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    fetch->over = true; /* what is left before the end are no messages */
    return false;
  }
  if (message->err) {
    fetch->error = kafka_error_reason(message->err);
    fetch->over = true;
    return false;
  }
  if (message->offset < fetch->offset)
    return false;
  if (message->offset >= fetch->before) {
    fetch->over = true;
    return false;
  }
  fetch->got++;
  fetch->over = fetch->got == fetch->most || message->offset + 1 == fetch->before;
  return true;
}

/* What is denied for one partition is for all of its topic. librdkafka reports it only once for
 * each partition in the life of an instance. */
static void spread_denied(struct kafka_fetch *fetches, size_t count, size_t from) {
  for (size_t i = 0; i < count; i++) {
    if (i == from || fetches[i].over || strcmp(fetches[i].topic, fetches[from].topic) != 0)
      continue;
    fetches[i].error = fetches[from].error;
    fetches[i].over = true;
    stop(&fetches[i]);
  }
}

static bool all_over(const struct kafka_fetch *fetches, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!fetches[i].over)
      return false;
  return true;
}

void kafka_fetch_read(struct kafka_session *session, struct kafka_fetch *fetches, size_t count,
                      int limit_ms,
                      void (*take)(void *arg, size_t index, const rd_kafka_message_t *message),
                      void *arg) {
  const int64_t until_ms = clock_now_ms() + limit_ms;
  rd_kafka_queue_t *queue = rd_kafka_queue_new(session->rk);
  for (size_t i = 0; i < count; i++)
    start(session, &fetches[i], queue);
  while (!all_over(fetches, count) && !kafka_session_cancelled(session) &&
         clock_now_ms() < until_ms) {
    rd_kafka_message_t *message = rd_kafka_consume_queue(queue, SLICE_MS);
    if (!message)
      continue;
    const size_t i = index_of(fetches, count, message);
    if (i < count && !fetches[i].over && take_in(&fetches[i], message))
      take(arg, i, message);
    if (i < count && message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
      spread_denied(fetches, count, i);
    if (i < count && fetches[i].over)
      stop(&fetches[i]);
    rd_kafka_message_destroy(message);
  }
  for (size_t i = 0; i < count; i++) {
    stop(&fetches[i]);
    if (!fetches[i].over && !fetches[i].error)
      fetches[i].error = "not read in time, or READ on the topic is missing";
  }
  rd_kafka_queue_destroy(queue);
}
