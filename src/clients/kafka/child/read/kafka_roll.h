/* Which brokers have answered the request for their groups.
 *
 * librdkafka sends it to every broker that it knows at that moment, and reports neither to which
 * brokers nor which were silent. Its interceptors do, on the brokers' own threads. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KAFKA_ROLL_MAX = 1024 }; /* brokers; further ones count as answering */

struct kafka_roll_entry {
  int32_t broker;
  bool answered;
  uint32_t pending, old; /* requests without an answer; of them, those from before the start */
};

struct kafka_roll {
  pthread_mutex_t lock;
  struct kafka_roll_entry entries[KAFKA_ROLL_MAX];
  size_t count;
};

void kafka_roll_init(struct kafka_roll *roll);
void kafka_roll_fini(struct kafka_roll *roll);

/* Called from librdkafka's on_new: the roll must outlive the instance. */
rd_kafka_resp_err_t kafka_roll_watch(struct kafka_roll *roll, rd_kafka_t *rk);

/* Nothing was requested yet; answers to earlier requests do not count. */
void kafka_roll_begin(struct kafka_roll *roll);
bool kafka_roll_has_answered(struct kafka_roll *roll, int32_t broker);
/* Whether any broker has answered. */
bool kafka_roll_anybody(struct kafka_roll *roll);
