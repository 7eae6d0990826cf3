/* Kafka by librdkafka: one client a target, in a process of its own.
 *
 * librdkafka aborts (librdkafka#4605) and waits where it likes. So it runs in a child process,
 * which is stacktop itself (clients/kafka/kafka_child.h): it answers one call after the other over
 * a socket, each with a deadline. When it crashes or hangs, that is an error of the call, and
 * another one is started (clients/kafka/kafka_process.h). Nothing of it is waited for on the loop's
 * thread. */
#pragma once

#include "clients/kafka/kafka_query.h"
#include "clients/kafka/kafka_snapshot.h"
#include "io/io.h"

struct kafka_client;

/* Of librdkafka, as it runs: "2.0.2". Static. */
const char *kafka_library_version(void);

/* Makes a client; starts no process before the first call. NULL with ERR_INVALID for a property
 * that librdkafka does not know or take, or that is not to be set from outside. */
struct kafka_client *kafka_client_new(struct io *io, const struct kafka_config *config,
                                      struct err *err) MUST_CHECK;

typedef void (*kafka_snapshot_cb)(void *arg, struct kafka_snapshot *snapshot,
                                  const struct err *err);

struct kafka_request; /* one under way */

/* Collects groups, their offsets and the logs' ends. The callback comes once, on the loop's thread,
 * never before this returns, with a snapshot (which it takes: kafka_snapshot_free) or an error;
 * unless kafka_snapshot_cancel comes first. A client that is refused, or that fails to log in, is
 * told so after KAFKA_GRACE_MS and not at the deadline. ERR_IO: the client crashed or hung. The
 * handle is valid until the callback. */
struct kafka_request *kafka_snapshot_start(struct kafka_client *client,
                                           const struct kafka_query *query, kafka_snapshot_cb done,
                                           void *arg);

/* No callback will come. step gets what was being waited for, in words: "the list of groups"; valid
 * until the client's next call. The caller tells of it: a process that hung there and is killed is
 * not reported by the next snapshot. NULL: nobody tells, and the next snapshot does. */
void kafka_snapshot_cancel(struct kafka_request *request, const char **step);

/* Ends the client; what is under way must have been cancelled. done(arg) comes once its process is
 * gone and its handles are closed, within KAFKA_CLOSE_MS and a turn of the loop: a process that
 * does not end by itself is killed. */
void kafka_client_close(struct kafka_client *client, void (*done)(void *arg), void *arg);
