/* What the runs of clients/kafka/kafka_admin.h share. On the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_admin.h"

/* Passes the gate: from now on the change counts as sent. False when it was cancelled. */
bool kafka_admin_pass(struct kafka_admin *admin, struct err *err) MUST_CHECK;
/* Writes what is to be written before a change, if anything is. */
bool kafka_admin_save(const struct kafka_admin *admin, struct err *err) MUST_CHECK;

/* The broker's words for a code: "Unknown member (UNKNOWN_MEMBER_ID)"; text (may be NULL): its own
 * sentence. In the admin's arena. */
const char *kafka_admin_words(struct kafka_admin *admin, rd_kafka_resp_err_t code,
                              const char *text);
/* An error that answers a change: whether it says that nothing was done. */
void kafka_admin_doubt(struct kafka_admin *admin, rd_kafka_resp_err_t code);
/* Which cluster answers: into admin->cluster. False when it is not the one that was there. */
bool kafka_admin_check_cluster(struct kafka_session *session, struct kafka_admin *admin,
                               struct err *err) MUST_CHECK;
/* The ids of admin->topics, as far as librdkafka can say them (from 2.3 on). */
bool kafka_admin_learn_ids(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) MUST_CHECK;
/* False when a topic of the change has another id than it had. */
bool kafka_admin_check_ids(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) MUST_CHECK;
/* Waits for the one answer; NULL with err when there is none, or when it is an error as a whole:
 * then in the broker's words. The event is the caller's to destroy. */
rd_kafka_event_t *kafka_admin_answer(struct kafka_session *session, struct kafka_admin *admin,
                                     const char *step, struct err *err) MUST_CHECK;

/* The spots as librdkafka has them, with `want` as offsets. */
rd_kafka_topic_partition_list_t *kafka_admin_list(const struct kafka_admin *admin);
/* Each spot's error from what the broker said of it. */
void kafka_admin_take_errors(struct kafka_admin *admin,
                             const rd_kafka_topic_partition_list_t *list);

/* By topic and partition. */
void kafka_admin_sort(struct kafka_admin *admin);
/* start, end and (where time_ms is set) at of all spots, or their errors; whole_topics: adds the
 * partitions that are missing. Sorts them. */
bool kafka_admin_logs(struct kafka_session *session, struct kafka_admin *admin,
                      struct err *err) MUST_CHECK;
