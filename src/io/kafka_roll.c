#include "io/kafka_roll.h"

enum { LIST_GROUPS = 16 }; /* the request's key in Kafka's protocol */

void kafka_roll_init(struct kafka_roll *roll) {
  *roll = (struct kafka_roll){0};
  pthread_mutex_init(&roll->lock, NULL);
}

void kafka_roll_fini(struct kafka_roll *roll) {
  pthread_mutex_destroy(&roll->lock);
}

/* The last request to that broker, or NULL. */
static struct kafka_roll_call *call_of(struct kafka_roll *roll, int32_t broker) {
  for (size_t i = roll->count; i-- > 0;)
    if (roll->calls[i].broker == broker)
      return &roll->calls[i];
  return NULL;
}

static rd_kafka_resp_err_t on_request(rd_kafka_t *rk, int sockfd, const char *name, int32_t broker,
                                      int16_t key, int16_t version, int32_t correlation,
                                      size_t size, void *opaque) {
  (void)rk, (void)sockfd, (void)name, (void)version, (void)size;
  struct kafka_roll *roll = opaque;
  if (key != LIST_GROUPS)
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  pthread_mutex_lock(&roll->lock);
  if (roll->count < KAFKA_ROLL_MAX)
    roll->calls[roll->count++] = (struct kafka_roll_call){broker, correlation, false};
  pthread_mutex_unlock(&roll->lock);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A request that is given up ends here, too: with an error. */
static rd_kafka_resp_err_t on_response(rd_kafka_t *rk, int sockfd, const char *name, int32_t broker,
                                       int16_t key, int16_t version, int32_t correlation,
                                       size_t size, int64_t rtt, rd_kafka_resp_err_t err,
                                       void *opaque) {
  (void)rk, (void)sockfd, (void)name, (void)version, (void)size, (void)rtt;
  struct kafka_roll *roll = opaque;
  if (key != LIST_GROUPS || err)
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  pthread_mutex_lock(&roll->lock);
  struct kafka_roll_call *call = call_of(roll, broker);
  if (call && call->correlation == correlation)
    call->answered = true;
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
  roll->count = 0;
  pthread_mutex_unlock(&roll->lock);
}

bool kafka_roll_was_asked(struct kafka_roll *roll, int32_t broker) {
  pthread_mutex_lock(&roll->lock);
  bool asked = roll->count == KAFKA_ROLL_MAX || call_of(roll, broker);
  pthread_mutex_unlock(&roll->lock);
  return asked;
}

bool kafka_roll_has_answered(struct kafka_roll *roll, int32_t broker) {
  pthread_mutex_lock(&roll->lock);
  const struct kafka_roll_call *call = call_of(roll, broker);
  bool answered = call ? call->answered : roll->count == KAFKA_ROLL_MAX;
  pthread_mutex_unlock(&roll->lock);
  return answered;
}

bool kafka_roll_anybody(struct kafka_roll *roll) {
  bool any = false;
  pthread_mutex_lock(&roll->lock);
  for (size_t i = 0; i < roll->count; i++)
    any = any || roll->calls[i].answered;
  pthread_mutex_unlock(&roll->lock);
  return any;
}
