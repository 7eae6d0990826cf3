/* Shared by the runs of clients/kafka/kafka_admin.h. On the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_admin.h"

/* Passes the gate: from now on the change counts as sent. False if it was cancelled. */
bool kafka_admin_pass(struct kafka_admin *admin, struct err *err) MUST_CHECK;
/* Writes the file that has to exist before the change, if there is one. */
bool kafka_admin_save(const struct kafka_admin *admin, struct err *err) MUST_CHECK;

/* The broker's message for a code: "Unknown member (UNKNOWN_MEMBER_ID)"; text (may be NULL): its
 * own sentence. In the admin's arena. */
const char *kafka_admin_words(struct kafka_admin *admin, rd_kafka_resp_err_t code,
                              const char *text);
/* Whether an error in the answer to a change means that nothing was done. */
void kafka_admin_doubt(struct kafka_admin *admin, rd_kafka_resp_err_t code);
/* Reads the id of the cluster into admin->cluster. False if it is not the expected one. */
bool kafka_admin_check_cluster(struct kafka_session *session, struct kafka_admin *admin,
                               struct err *err) MUST_CHECK;
/* Reads the ids of admin->topics, if librdkafka reports them (since 2.3). */
bool kafka_admin_learn_ids(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) MUST_CHECK;
/* False if the id of a topic of the change has changed. */
bool kafka_admin_check_ids(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) MUST_CHECK;
/* Waits for the one answer; NULL with err if there is none, or if it is an error as a whole, then
 * with the broker's message. The caller destroys the event. */
rd_kafka_event_t *kafka_admin_answer(struct kafka_session *session, struct kafka_admin *admin,
                                     const char *step, struct err *err) MUST_CHECK;

/* The spots as librdkafka's list, with `want` as offsets. */
rd_kafka_topic_partition_list_t *kafka_admin_list(const struct kafka_admin *admin);
/* Sets each spot's error from the broker's answer. */
void kafka_admin_take_errors(struct kafka_admin *admin,
                             const rd_kafka_topic_partition_list_t *list);

/* Where a setting comes from: "topic", "cluster", "default", ... Static. */
const char *kafka_setting_source(rd_kafka_ConfigSource_t source);

/* By topic and partition. */
void kafka_admin_sort(struct kafka_admin *admin);
/* Sets start, end and (if time_ms is set) at of all spots, or their errors; whole_topics: adds the
 * missing partitions. Sorts them. */
bool kafka_admin_logs(struct kafka_session *session, struct kafka_admin *admin,
                      struct err *err) MUST_CHECK;
