/* Sends a request (kafka_admin.h) to the client's process and returns its answer. */
#pragma once

#include "clients/kafka/kafka.h"
#include "clients/kafka/kafka_admin.h"

/* Returns the admin; err is NULL on success. */
typedef void (*kafka_admin_cb)(void *arg, struct kafka_admin *admin, const struct err *err);

struct kafka_asking; /* a running request */

/* Takes the admin. The callback comes once, on the loop's thread, never before this returns, unless
 * it is cancelled first. */
struct kafka_asking *kafka_admin_ask(struct kafka_client *client, struct kafka_admin *admin,
                                     int64_t deadline_ms, kafka_admin_cb done, void *arg);
/* No callback will come, and nothing more is sent; the admin is the caller's again. True: a change
 * was sent before and may take effect. */
bool kafka_admin_cancel(struct kafka_asking *asking);
