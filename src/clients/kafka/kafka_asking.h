/* A question (kafka_admin.h) on its way to the client's process and back. */
#pragma once

#include "clients/kafka/kafka.h"
#include "clients/kafka/kafka_admin.h"

/* Takes the admin back; err is NULL when it went well. */
typedef void (*kafka_admin_cb)(void *arg, struct kafka_admin *admin, const struct err *err);

struct kafka_asking; /* one under way */

/* Takes the admin. The callback comes once, on the loop's thread, never before this returns, unless
 * it is cancelled first. */
struct kafka_asking *kafka_admin_ask(struct kafka_client *client, struct kafka_admin *admin,
                                     int64_t deadline_ms, kafka_admin_cb done, void *arg);
/* No callback will come, and nothing will be sent any more; the admin is the caller's again. True:
 * a change has been sent before, so it may happen. */
bool kafka_admin_cancel(struct kafka_asking *asking);
