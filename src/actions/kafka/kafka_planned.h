/* A plan's identities, taken from the survey, and read again as a question: the change that was
 * planned, and its proof. The identities mean the same in every action, by their names:
 *
 *   cluster, topic_id     the cluster at the address, the topic of that name; "" where not known
 *   group, topic          the object; with `partition` each object is one partition
 *   old, new              of a partition: offsets; of a setting: "=VALUE", or "" for the default
 *   start, end, before    of a partition's log, and the messages before which offset are deleted
 *   mark_ms, mark         when the log was looked at, and its first offset not older than that
 *   partitions, planned   how many a topic has, and how many are planned
 *   name                  of a setting
 *   offsets               the committed offsets of the group, as the lines of its undo file
 *   undo                  the name of the undo file */
#pragma once

#include "actions/kafka/kafka_conn.h"

/* Adds an object for the partition and sets its identities: topic, partition, and of its offsets
 * and the topic's id those that the plan has an identity for (want: new, before). False with err
 * beyond a limit. */
bool kafka_plan_spot(struct plan *plan, const struct kafka_spot *spot, struct err *err) MUST_CHECK;
/* An identity (action_identity) as a number; KAFKA_NO_OFFSET where it is empty. */
int64_t kafka_identity_number(const struct plan *plan, size_t object, const char *name);

/* The body of an execution: checks that everything is as planned, writes the undo file if there is
 * one, makes the change and sets each object's result. */
bool kafka_change(struct step *step, kafka_run run);
/* Reads the plan's objects once. NULL with step->err. */
const struct kafka_admin *kafka_look(struct step *step, kafka_run run);
/* Reads the plan's objects until they are as wanted, or until patience_ms has passed. Returns the
 * last answer; NULL with step->err. */
const struct kafka_admin *kafka_look_until(struct step *step, kafka_run run, int64_t patience_ms,
                                           bool (*wanted)(const struct plan *plan,
                                                          const struct kafka_admin *now));
/* The part of an answer about an object that is a partition; all KAFKA_NO_OFFSET where it has none.
 */
const struct kafka_spot *kafka_planned_spot(const struct kafka_admin *admin,
                                            const struct plan *plan, size_t object);
/* Calls judge for each object that was sent, with its partition from the last answer. It sets the
 * result (`held` where all is as planned) and returns whether it is. Returns how many are. */
typedef bool (*kafka_judge)(struct step *step, const struct kafka_admin *now, size_t object,
                            const struct kafka_spot *spot, enum object_result held);
size_t kafka_judge_sent(struct step *step, const struct kafka_admin *now, kafka_judge judge,
                        enum object_result held);
/* outcome_undo: the reset from the undo file, where offsets were changed or may have been. */
void kafka_undo_offer(struct step *step);
