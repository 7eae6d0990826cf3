/* Kafka by librdkafka: one client per target, in its own process.
 *
 * librdkafka aborts (librdkafka#4605) and blocks. So it runs in a child process, which is stacktop
 * itself (clients/kafka/child/kafka_child.h): it runs one call after the other over a socket, each
 * with a deadline. A crash or hang is an error of the call, and another process is started
 * (clients/kafka/kafka_process.h). The loop's thread never waits for it. */
#pragma once

#include "clients/kafka/kafka_query.h"
#include "clients/kafka/kafka_snapshot.h"
#include "io/io.h"

struct kafka_client;

/* Version of librdkafka at run time: "2.0.2". Static. */
const char *kafka_library_version(void);

/* Creates a client; starts no process before the first call. NULL with ERR_INVALID for a property
 * that librdkafka does not know or accept, or that must not be configured. */
struct kafka_client *kafka_client_new(struct io *io, const struct kafka_config *config,
                                      struct err *err) MUST_CHECK;

typedef void (*kafka_snapshot_cb)(void *arg, struct kafka_snapshot *snapshot,
                                  const struct err *err);

struct kafka_request; /* a running collection */

/* Collects groups, their offsets and end offsets. The callback comes once, on the loop's thread,
 * never before this returns, with a snapshot (to be freed by kafka_snapshot_free) or an error;
 * unless kafka_snapshot_cancel comes first. A refused connection or a failed login is reported
 * after KAFKA_GRACE_MS, not at the deadline. ERR_IO: the client crashed or hung. The handle is
 * valid until the callback. */
struct kafka_request *kafka_snapshot_start(struct kafka_client *client,
                                           const struct kafka_query *query, kafka_snapshot_cb done,
                                           void *arg);

/* No callback will come. step is set to what the client was waiting for: "the list of groups";
 * valid until its next call. The caller reports it: if the process hung there and is killed, the
 * next snapshot does not report it. NULL: the next snapshot reports it. */
void kafka_snapshot_cancel(struct kafka_request *request, const char **step);

/* Ends the client; running calls must have been cancelled. done(arg) is called once its process has
 * ended and its handles are closed, within KAFKA_CLOSE_MS and a turn of the loop: a process that
 * does not end by itself is killed. */
void kafka_client_close(struct kafka_client *client, void (*done)(void *arg), void *arg);
