/* When a librdkafka instance has to be made anew: pure. It keeps the coordinator of a group, and
 * brokers that it has known, for as long as it is asked; so a client that polls never learns that a
 * group has moved (2.0.2), while a new one is right at once. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

/* Collections may go wrong for so long before a new instance is worth its cost. It doubles each
 * time that the new one fared no better: then it is the cluster. */
enum { KAFKA_STUCK_MS = 5000, KAFKA_STUCK_MAX_MS = 300000 };

/* What one collection saw. */
struct kafka_signs {
  bool moved;      /* of some group: who was asked does not coordinate it */
  bool unanswered; /* some question had no answer */
  bool all_there;  /* all brokers that the metadata names have answered the list of groups */
};

struct kafka_stuck {
  bool misled;
  int64_t since_ms; /* the first of the collections in a row that were misled */
  int64_t patience_ms;
};

void kafka_signs_note(struct kafka_signs *signs, rd_kafka_resp_err_t code);

/* After each collection that went through. True: close the instance now; it counts as new. */
bool kafka_session_is_stuck(struct kafka_stuck *stuck, const struct kafka_signs *signs,
                            int64_t now_ms);
