/* When a librdkafka instance must be replaced: pure. It keeps the coordinator of a group, and known
 * brokers, as long as it is used, so a client that polls never learns that a group has moved
 * (2.0.2), while a new instance is right at once. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

/* How long collections may fail before a new instance is worth its cost. It doubles each time that
 * the new one did not help: then the cluster is the cause. */
enum { KAFKA_STUCK_MS = 5000, KAFKA_STUCK_MAX_MS = 300000 };

/* Observations of one collection. */
struct kafka_signs {
  bool moved;      /* of a group: the broker does not coordinate it */
  bool unanswered; /* a request had no answer */
  bool all_there;  /* all brokers of the metadata have answered the list of groups */
};

struct kafka_stuck {
  bool misled;
  int64_t since_ms; /* the first of the misled collections in a row */
  int64_t patience_ms;
};

void kafka_signs_note(struct kafka_signs *signs, rd_kafka_resp_err_t code);

/* Call it after each successful collection. True: close the instance now; the state is that of a
 * new one. */
bool kafka_session_is_stuck(struct kafka_stuck *stuck, const struct kafka_signs *signs,
                            int64_t now_ms);
