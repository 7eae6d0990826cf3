/* What a survey of Kafka brings, as tables: made of an answer on the loop's side, read again by the
 * pure plan. The first table has what can be picked: topics, and below them their partitions. */
#pragma once

#include "actions/action.h"
#include "actions/kafka/kafka_to.h"
#include "clients/kafka/kafka_admin.h"

/* Facts of the whole, beside the table of what can be picked. */
struct kafka_facts {
  const char *group; /* NULL: none was asked about */
  const char *state;
  int64_t members;
  bool listed, classic, empty;
  struct kafka_to to;
};

/* Tables "partitions" (of a group: what it has committed, and where the logs begin and end) and
 * "facts". */
struct sample *kafka_found_group(const struct kafka_admin *admin, const struct kafka_to *to);
/* Tables "records" (partitions of all topics: how many messages they hold) and "facts". */
struct sample *kafka_found_records(const struct kafka_admin *admin, const struct kafka_to *to);
/* Tables "topics", "settings" and "facts". With admin->name the topics show that setting. */
struct sample *kafka_found_topics(const struct kafka_admin *admin);

void kafka_facts_read(const struct sample *found, struct kafka_facts *facts);

/* Why a group cannot be changed: false with err. classic: neither can one of the new protocol. */
bool kafka_facts_allow(const struct kafka_facts *facts, bool classic, struct err *err) MUST_CHECK;

/* The one topic that was picked: its name, partitions, id and error. False with err when it is not
 * one, or is not there. */
bool kafka_topic_take(struct kafka_topic_facts *topic, const struct action_request *request,
                      struct err *err) MUST_CHECK;
/* The plan's object is that topic, and its name: identities topic, topic_id (noticed: what tells
 * another topic of that name where there is none) and cluster. */
bool kafka_plan_topic(const struct action_request *request, struct plan *plan,
                      const struct kafka_topic_facts *topic, const char *noticed,
                      struct err *err) MUST_CHECK;
/* A setting that was found; false beyond the last. */
bool kafka_setting_read(const struct sample *found, size_t index,
                        struct kafka_setting *setting) MUST_CHECK;

/* The partitions that were picked, themselves or by their topic, as the spots of a question: in the
 * table's order, by topic and partition, with the topic's id and what is known of their offsets;
 * all: whatever was picked. NULL with err when nothing was, or when something is not there. For the
 * caller to free; its texts are the sample's. */
struct kafka_admin *kafka_picks_take(const struct action_request *request, bool all,
                                     struct err *err);
/* Where in the partition's log that is. False with err when it cannot be said. */
struct kafka_aim {
  int64_t wish, new; /* before and after it is kept within the log */
  bool past_end;     /* the time is: no message is that late */
};
bool kafka_aim_at(const struct kafka_to *to, const struct kafka_spot *spot, struct kafka_aim *aim,
                  struct err *err) MUST_CHECK;
