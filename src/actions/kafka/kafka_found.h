/* The results of Kafka's surveys as tables: created from an answer on the loop's side, read again
 * by the pure plan. The first table has the candidates: topics, and below them their partitions. */
#pragma once

#include "actions/action.h"
#include "actions/kafka/kafka_to.h"
#include "clients/kafka/kafka_admin.h"

/* Facts about the whole, beside the table of candidates. */
struct kafka_facts {
  const char *group; /* NULL: none was asked about */
  const char *state;
  int64_t members;
  bool listed, classic, empty;
  struct kafka_to to;
};

/* Tables "partitions" (of a group: committed offsets, and where the logs begin and end) and
 * "facts". */
struct sample *kafka_found_group(const struct kafka_admin *admin, const struct kafka_to *to);
/* Tables "records" (partitions of all topics: how many messages they hold) and "facts". */
struct sample *kafka_found_records(const struct kafka_admin *admin, const struct kafka_to *to);
/* Tables "leaders" (partitions that are not led by their preferred replica: `committed` is the
 * leader, `want` that replica) and "facts". */
struct sample *kafka_found_leaders(const struct kafka_admin *admin);
/* Tables "topics", "settings" and "facts". With admin->name the topics show that setting. */
struct sample *kafka_found_topics(const struct kafka_admin *admin);

void kafka_facts_read(const struct sample *found, struct kafka_facts *facts);

/* Why a group cannot be changed: false with err. classic: groups of the new protocol cannot either.
 */
bool kafka_facts_allow(const struct kafka_facts *facts, bool classic, struct err *err) MUST_CHECK;

/* The one topic that was picked: its name, partitions, id and error. False with err when it is not
 * exactly one, or does not exist. */
bool kafka_topic_take(struct kafka_topic_facts *topic, const struct action_request *request,
                      struct err *err) MUST_CHECK;
/* Makes that topic and its name the plan's object: identities topic, topic_id (noticed: how a
 * recreated topic is noticed where there is no id) and cluster. */
bool kafka_plan_topic(const struct action_request *request, struct plan *plan,
                      const struct kafka_topic_facts *topic, const char *noticed,
                      struct err *err) MUST_CHECK;
/* A setting of the survey; false beyond the last. */
bool kafka_setting_read(const struct sample *found, size_t index,
                        struct kafka_setting *setting) MUST_CHECK;

/* The picked partitions, themselves or by their topic, as the spots of a question: in the table's
 * order, by topic and partition, with the topic's id and the known offsets; all: regardless of the
 * picks. NULL with err when nothing was picked, or when something does not exist. For the caller to
 * free; its texts belong to the sample. */
struct kafka_admin *kafka_picks_take(const struct action_request *request, bool all,
                                     struct err *err);
/* The offset of that place in the partition's log. False with err when it cannot be determined. */
struct kafka_aim {
  int64_t wish, new; /* before and after it was clamped to the log */
  bool past_end;     /* for a time: no message is that late */
};
bool kafka_aim_at(const struct kafka_to *to, const struct kafka_spot *spot, struct kafka_aim *aim,
                  struct err *err) MUST_CHECK;
