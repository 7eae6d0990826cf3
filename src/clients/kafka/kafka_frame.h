/* Frames between stacktop and its Kafka client process, over a socketpair: a head, then `len`
 * bytes.
 *
 *   stacktop -> client: CONFIG once; COLLECT or ASK, one at a time; CANCEL of it; GO or STAY, to
 * PASS client -> stacktop: STEP, what is being waited for; PASS, may the change be sent?; ANSWER,
 * with which the client is free again, cancelled or not
 */
#pragma once

#include "clients/kafka/kafka_fields.h"
#include "core/err.h"

enum kafka_frame_type {
  KAFKA_FRAME_CONFIG = 1, /* struct kafka_config */
  KAFKA_FRAME_COLLECT,    /* struct kafka_query */
  KAFKA_FRAME_ASK,        /* the deadline, a time; then the question in a struct kafka_admin */
  KAFKA_FRAME_CANCEL,
  KAFKA_FRAME_GO,
  KAFKA_FRAME_STAY,
  KAFKA_FRAME_STEP,   /* a text */
  KAFKA_FRAME_PASS,   /* nothing */
  KAFKA_FRAME_ANSWER, /* whether it went well, and err; then the snapshot if so, or the answer in a
                         struct kafka_admin either way */
};

enum { KAFKA_FRAME_MAGIC = 0x6b614b21 };

struct kafka_frame_head {
  uint32_t magic, type;
  uint64_t call; /* which one it is about */
  uint64_t len;
};

/* A frame's bytes, head first, in one piece. fill: what follows it; `bytes` NULL where nothing
 * does. */
struct wire_out kafka_frame_begin(enum kafka_frame_type type, uint64_t call);
/* Sets the length. False when it was too large. */
bool kafka_frame_end(struct wire_out *frame) MUST_CHECK;

/* Whether a head makes sense at all. */
bool kafka_frame_sound(const struct kafka_frame_head *head);

void kafka_frame_put_err(struct wire_out *out, bool good, const struct err *err);
/* False: garbage. */
bool kafka_frame_get_err(struct wire_in *in, bool *good, struct err *err) MUST_CHECK;
