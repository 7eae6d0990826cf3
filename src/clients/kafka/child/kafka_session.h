/* A librdkafka instance in its process: sends requests, receives answers and errors. Everything
 * here runs in the client's own process (clients/kafka/child/kafka_child.h), and may block. */
#pragma once

#include "clients/kafka/child/collect/kafka_stuck.h"
#include "clients/kafka/child/read/kafka_roll.h"
#include "core/err.h"

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdint.h>

/* How long it waits for the next address after all brokers have become unreachable. A call that
 * begins in this state waits for at least one new attempt (see reconnect.backoff.max.ms in
 * kafka_conf.c): librdkafka reports unreachable brokers only once. */
enum { KAFKA_GRACE_MS = 250, KAFKA_RETRY_MS = 900 };

/* How a call is observed from outside. */
struct kafka_watch {
  int64_t deadline_ms; /* on the steady clock */
  atomic_bool cancelled;
  const char *step;                          /* what it is waiting for: static text, or NULL */
  void (*tell)(void *arg, const char *step); /* called at each step; may be NULL */
  void *tell_arg;
};

/* A running admin request: what its answer is about. */
struct kafka_ask {
  struct kafka_ask *next;
  uint64_t call; /* answers to an earlier call are dropped */
  size_t subject;
};

struct kafka_session {
  rd_kafka_t *rk;
  struct kafka_roll roll;  /* which brokers have answered the list of groups */
  rd_kafka_queue_t *queue; /* answers, errors and log lines */
  struct kafka_ask *asks;
  uint64_t call;
  struct kafka_watch *watch; /* of the running call */
  struct err trouble;        /* the last error of a connection, until a broker answers */
  struct err
      limit; /* a local error that prevented a connection, not the broker's fault. ERR_NONE: none */
  bool old_scram;     /* it is to log in by SCRAM, at which this librdkafka fails with Kafka 4 */
  bool down;          /* no broker is reachable, as far as known */
  int64_t began_ms;   /* the call */
  int64_t give_up_ms; /* while down: how long this call waits for a connection */
  uint32_t requests;  /* in this call */
  const struct rd_kafka_metadata *metadata; /* the last one, or NULL */
  int64_t metadata_us, metadata_cost_us;    /* when it arrived, and how long it took */
  bool topics_probed, topics_hidden; /* whether missing permissions hide topics in its answers */
  size_t unknown;                    /* partitions of groups that it did not contain last time */
  struct kafka_signs signs;          /* of the last collection */
};

/* Creates the instance from a copy of conf; ERR_INVALID if librdkafka rejects it (a missing
 * certificate). */
bool kafka_session_open(struct kafka_session *session, const rd_kafka_conf_t *conf,
                        struct err *err) MUST_CHECK;
/* May take as long as librdkafka does. A session that is not open is allowed. */
void kafka_session_close(struct kafka_session *session);

/* Starts a call: from now on the session works for it. */
void kafka_session_begin(struct kafka_session *session, struct kafka_watch *watch);

/* Sets what it is waiting for, as a static text: "the list of groups". */
void kafka_session_step(struct kafka_session *session, const char *step);

/* Milliseconds until the deadline, at least 0. */
int kafka_session_left(const struct kafka_session *session);
bool kafka_session_cancelled(const struct kafka_session *session);

/* Options for an admin request about `subject`, to be destroyed after the request. limit_ms:
 * maximum time for one broker, at most the remaining time. */
rd_kafka_AdminOptions_t *kafka_session_options(struct kafka_session *session,
                                               rd_kafka_admin_op_t operation, size_t subject,
                                               int limit_ms);

/* The next answer of this call and what it is about; NULL with err if the deadline has passed, the
 * call was cancelled or no broker is reachable. The caller destroys the event. */
rd_kafka_event_t *kafka_session_wait(struct kafka_session *session, size_t *subject,
                                     struct err *err);

/* A broker has answered: earlier problems are resolved. */
void kafka_session_answered(struct kafka_session *session);

/* Processes pending errors and late answers without waiting. */
void kafka_session_drain(struct kafka_session *session);

/* Waits for that time and processes what arrives. */
void kafka_session_pause(struct kafka_session *session, int ms);

/* The meaning of the error code of a blocking call: the last connection error, or the code
 * itself. */
bool kafka_session_fail(struct kafka_session *session, rd_kafka_resp_err_t code, const char *text,
                        struct err *err);
