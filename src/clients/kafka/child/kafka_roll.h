/* Which brokers have answered the question for their groups.
 *
 * librdkafka asks every broker that it knows at that moment, and says neither whom it has asked nor
 * who was silent. Its interceptors do, on the brokers' own threads. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KAFKA_ROLL_MAX = 1024 }; /* brokers; beyond it they count as answering */

struct kafka_roll_entry {
  int32_t broker;
  bool answered;
  uint32_t pending, old; /* questions without an answer; of them, from before the beginning */
};

struct kafka_roll {
  pthread_mutex_t lock;
  struct kafka_roll_entry entries[KAFKA_ROLL_MAX];
  size_t count;
};

void kafka_roll_init(struct kafka_roll *roll);
void kafka_roll_fini(struct kafka_roll *roll);

/* From librdkafka's on_new: the roll has to outlive the instance. */
rd_kafka_resp_err_t kafka_roll_watch(struct kafka_roll *roll, rd_kafka_t *rk);

/* Nobody has been asked yet; an answer to what was asked before does not count. */
void kafka_roll_begin(struct kafka_roll *roll);
bool kafka_roll_has_answered(struct kafka_roll *roll, int32_t broker);
/* Whether any broker has answered. */
bool kafka_roll_anybody(struct kafka_roll *roll);
