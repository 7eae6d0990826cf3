/* The fields of a request to the Kafka client and of its answer that are exchanged between stacktop
 * and the process that runs librdkafka (clients/kafka/kafka.h). A field that is not in these tables
 * does not arrive. To add one: a member of the structure, and a line in kafka_fields.c. */
#pragma once

#include "clients/kafka/kafka_admin.h"
#include "clients/kafka/kafka_query.h"
#include "clients/kafka/kafka_wire.h"

/* Of one frame: the largest snapshot or answer, with room for its numbers. */
enum { KAFKA_FRAME_MAX = 80 << 20 };

extern const struct wire_struct kafka_config_fields;   /* struct kafka_config */
extern const struct wire_struct kafka_query_fields;    /* struct kafka_query */
extern const struct wire_struct kafka_snapshot_fields; /* struct kafka_snapshot */
extern const struct wire_struct kafka_question_fields; /* struct kafka_admin: what a run reads */
extern const struct wire_struct kafka_answer_fields;   /* and what it fills */

/* The indices of a decoded snapshot are within their lists. False: invalid; what was decoded can
 * still be freed. */
bool kafka_snapshot_get(struct wire_in *in, struct kafka_snapshot *snapshot) MUST_CHECK;
void kafka_snapshot_put(struct wire_out *out, const struct kafka_snapshot *snapshot);

/* The request in an admin: all that a run reads. */
void kafka_question_put(struct wire_out *out, const struct kafka_admin *admin);
bool kafka_question_get(struct wire_in *in, struct kafka_admin *admin) MUST_CHECK;
/* The answer in it: all that a run sets. get replaces the earlier values of the admin. */
void kafka_answer_put(struct wire_out *out, const struct kafka_admin *admin);
bool kafka_answer_get(struct wire_in *in, struct kafka_admin *admin) MUST_CHECK;
