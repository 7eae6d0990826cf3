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
  KAFKA_FRAME_ANSWER, /* success, and err; then the snapshot if successful, or the answer in a
                         struct kafka_admin in any case */
};

enum { KAFKA_FRAME_MAGIC = 0x6b614b21 };

struct kafka_frame_head {
  uint32_t magic, type;
  uint64_t call; /* number of the call */
  uint64_t len;
};

/* The bytes of a frame, head first, in one piece. fill: appends the data; `bytes` is NULL if there
 * is none. */
struct wire_out kafka_frame_begin(enum kafka_frame_type type, uint64_t call);
/* Sets the length. False if it was too large. */
bool kafka_frame_end(struct wire_out *frame) MUST_CHECK;

/* Whether a head is valid. */
bool kafka_frame_sound(const struct kafka_frame_head *head);

void kafka_frame_put_err(struct wire_out *out, bool good, const struct err *err);
/* False: invalid. */
bool kafka_frame_get_err(struct wire_in *in, bool *good, struct err *err) MUST_CHECK;
