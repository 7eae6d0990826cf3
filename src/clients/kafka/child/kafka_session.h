/* A librdkafka instance as its process uses it: requests out, answers and troubles in. Everything
 * here runs in the client's own process (clients/kafka/kafka_child.h), and may wait. */
#pragma once

#include "clients/kafka/child/kafka_roll.h"
#include "clients/kafka/child/kafka_stuck.h"
#include "core/err.h"

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdint.h>

/* After all brokers have become unreachable it waits so long for the next address to be better. A
 * call that begins while they are waits for at least one new attempt (see reconnect.backoff.max.ms
 * in kafka_conf.c): librdkafka tells of unreachable brokers only once. */
enum { KAFKA_GRACE_MS = 250, KAFKA_RETRY_MS = 900 };

/* How one call is watched from outside. */
struct kafka_watch {
  int64_t deadline_ms; /* on the steady clock */
  atomic_bool cancelled;
  const char *step;                          /* what is waited for: static text, or NULL */
  void (*tell)(void *arg, const char *step); /* whoever watches; may be NULL */
  void *tell_arg;
};

/* An admin request under way: what its answer is about. */
struct kafka_ask {
  struct kafka_ask *next;
  uint64_t call; /* answers to a call that is over are dropped */
  size_t subject;
};

struct kafka_session {
  rd_kafka_t *rk;
  struct kafka_roll roll;  /* who has answered the list of groups */
  rd_kafka_queue_t *queue; /* answers, errors and log lines */
  struct kafka_ask *asks;
  uint64_t call;
  struct kafka_watch *watch; /* of the call under way */
  struct err trouble;        /* the last error of a connection, until something answers */
  struct err limit;          /* ours, that has kept a connection from being made: not the broker's
                                fault. ERR_NONE: none has */
  bool down;                 /* no broker can be reached, as far as is known */
  int64_t began_ms;          /* the call */
  int64_t give_up_ms;        /* while down: until when this call waits for better */
  uint32_t requests;         /* in this call */
  const struct rd_kafka_metadata *metadata; /* the last, or NULL */
  int64_t metadata_us, metadata_cost_us;    /* when it came, and what it took */
  bool topics_probed, topics_hidden;        /* whether rights leave topics out of its answers */
  size_t unknown;                           /* partitions of groups that it did not know at last */
  struct kafka_signs signs;                 /* of the last collection */
};

/* Makes the instance from a copy of conf; ERR_INVALID if librdkafka will not have it (a
 * certificate that is not there). */
bool kafka_session_open(struct kafka_session *session, const rd_kafka_conf_t *conf,
                        struct err *err) MUST_CHECK;
/* May take as long as librdkafka likes. A session that is not open is fine. */
void kafka_session_close(struct kafka_session *session);

/* From now on it is about this call. */
void kafka_session_begin(struct kafka_session *session, struct kafka_watch *watch);

/* What is waited for from now on, in words that are static: "the list of groups". */
void kafka_session_step(struct kafka_session *session, const char *step);

/* Milliseconds until the deadline, at least 0. */
int kafka_session_left(const struct kafka_session *session);
bool kafka_session_cancelled(const struct kafka_session *session);

/* Options for an admin request about `subject`, to be destroyed after the request. limit_ms: the
 * longest that one broker may take; no more than is left is given. */
rd_kafka_AdminOptions_t *kafka_session_options(struct kafka_session *session,
                                               rd_kafka_admin_op_t operation, size_t subject,
                                               int limit_ms);

/* The next answer of this call and what it is about; NULL with err when the deadline has come, the
 * call was cancelled or no broker can be reached. The event is the caller's to destroy. */
rd_kafka_event_t *kafka_session_wait(struct kafka_session *session, size_t *subject,
                                     struct err *err);

/* Somebody has answered: past troubles are over. */
void kafka_session_answered(struct kafka_session *session);

/* Takes in what is there without waiting: errors and late answers. */
void kafka_session_drain(struct kafka_session *session);

/* Waits so long, taking in what comes. */
void kafka_session_pause(struct kafka_session *session, int ms);

/* What a blocking call's error code means now: the trouble that was seen, or the code itself. */
bool kafka_session_fail(struct kafka_session *session, rd_kafka_resp_err_t code, const char *text,
                        struct err *err);
