#include "clients/kafka/child/read/kafka_roll.h"

enum { LIST_GROUPS = 16 }; /* the request's key in Kafka's protocol */

void kafka_roll_init(struct kafka_roll *roll) {
  *roll = (struct kafka_roll){0};
  pthread_mutex_init(&roll->lock, NULL);
}

void kafka_roll_fini(struct kafka_roll *roll) {
  pthread_mutex_destroy(&roll->lock);
}

static struct kafka_roll_entry *entry_of(struct kafka_roll *roll, int32_t broker) {
  for (size_t i = 0; i < roll->count; i++)
    if (roll->entries[i].broker == broker)
      return &roll->entries[i];
  return NULL;
}

static struct kafka_roll_entry *entry_make(struct kafka_roll *roll, int32_t broker) {
  struct kafka_roll_entry *entry = entry_of(roll, broker);
  if (entry || roll->count == KAFKA_ROLL_MAX)
    return entry;
  entry = &roll->entries[roll->count++];
  *entry = (struct kafka_roll_entry){.broker = broker};
  return entry;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are librdkafka's */
static rd_kafka_resp_err_t on_request(rd_kafka_t *rk, int sockfd, const char *name, int32_t broker,
                                      int16_t key, int16_t version, int32_t correlation,
                                      size_t size, void *opaque) {
  (void)rk, (void)sockfd, (void)name, (void)version, (void)correlation, (void)size;
  struct kafka_roll *roll = opaque;
  if (key != LIST_GROUPS)
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  pthread_mutex_lock(&roll->lock);
  struct kafka_roll_entry *entry = entry_make(roll, broker);
  if (entry)
    entry->pending++;
  pthread_mutex_unlock(&roll->lock);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A cancelled request ends here, too, with an error. Answers come in the order of the requests;
 * they are counted, because 2.0.2 does not identify them. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are librdkafka's */
static rd_kafka_resp_err_t on_response(rd_kafka_t *rk, int sockfd, const char *name, int32_t broker,
                                       int16_t key, int16_t version, int32_t correlation,
                                       size_t size, int64_t rtt, rd_kafka_resp_err_t err,
                                       void *opaque) {
  (void)rk, (void)sockfd, (void)name, (void)version, (void)correlation, (void)size, (void)rtt;
  struct kafka_roll *roll = opaque;
  if (key != LIST_GROUPS)
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  pthread_mutex_lock(&roll->lock);
  struct kafka_roll_entry *entry = entry_of(roll, broker);
  if (entry && entry->pending > 0) {
    entry->pending--;
    if (entry->old > 0)
      entry->old--;
    else
      entry->answered = !err;
  }
  pthread_mutex_unlock(&roll->lock);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t kafka_roll_watch(struct kafka_roll *roll, rd_kafka_t *rk) {
  rd_kafka_resp_err_t code =
      rd_kafka_interceptor_add_on_request_sent(rk, "stacktop", on_request, roll);
  return code ? code
              : rd_kafka_interceptor_add_on_response_received(rk, "stacktop", on_response, roll);
}

void kafka_roll_begin(struct kafka_roll *roll) {
  pthread_mutex_lock(&roll->lock);
  for (size_t i = 0; i < roll->count; i++) {
    roll->entries[i].answered = false;
    roll->entries[i].old = roll->entries[i].pending;
  }
  pthread_mutex_unlock(&roll->lock);
}

bool kafka_roll_has_answered(struct kafka_roll *roll, int32_t broker) {
  pthread_mutex_lock(&roll->lock);
  const struct kafka_roll_entry *entry = entry_of(roll, broker);
  bool answered = entry ? entry->answered : roll->count == KAFKA_ROLL_MAX;
  pthread_mutex_unlock(&roll->lock);
  return answered;
}

bool kafka_roll_anybody(struct kafka_roll *roll) {
  bool any = false;
  pthread_mutex_lock(&roll->lock);
  for (size_t i = 0; i < roll->count; i++)
    any = any || roll->entries[i].answered;
  pthread_mutex_unlock(&roll->lock);
  return any;
}
