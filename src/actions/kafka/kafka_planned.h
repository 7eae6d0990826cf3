/* A plan's identities, bound to what was found, and read again as a question: the change that was
 * planned, and its proof. The identities mean the same in every action, by their names:
 *
 *   cluster, topic_id     what answers to the address and to the topic's name; "" where not known
 *   group, topic          the object; with `partition` each object is a partition of its own
 *   old, new              of a partition: offsets; of a setting: "=VALUE", or "" for the default
 *   start, end, before    of a partition's log, and the messages before which offset are deleted
 *   mark_ms, mark         when the log was looked at, and its first offset not older than that
 *   partitions, planned   how many a topic has, and is to have
 *   name                  of a setting
 *   offsets               all that the group has committed, as the lines of its undo file
 *   undo                  the name of the undo file */
#pragma once

#include "actions/kafka/kafka_conn.h"

/* Adds an object for the partition, and binds it: topic, partition, and of its offsets and the
 * topic's id those for which the plan has an identity (want: new, before). False with err beyond a
 * ceiling. */
bool kafka_plan_spot(struct plan *plan, const struct kafka_spot *spot, struct err *err) MUST_CHECK;
/* An identity (action_identity) as a number; KAFKA_NO_OFFSET where it is empty. */
int64_t kafka_identity_number(const struct plan *plan, size_t object, const char *name);

/* The body of an execution: checks that all is as it was planned, writes the undo file if there is
 * one, makes the change and sets each object's result. */
bool kafka_change(struct step *step, kafka_run run);
/* Looks at the plan's objects once. NULL with step->err. */
const struct kafka_admin *kafka_look(struct step *step, kafka_run run);
/* Looks at the plan's objects until they are as wanted, or patience_ms is over. The last look; NULL
 * with step->err. */
const struct kafka_admin *kafka_look_until(struct step *step, kafka_run run, int64_t patience_ms,
                                           bool (*wanted)(const struct plan *plan,
                                                          const struct kafka_admin *now));
/* What an answer says of an object that is a partition; nothing but KAFKA_NO_OFFSET where it does
 * not have it. */
const struct kafka_spot *kafka_planned_spot(const struct kafka_admin *admin,
                                            const struct plan *plan, size_t object);
/* Calls judge for each object that was sent, with what the look says of its partition. It sets the
 * result, `held` where all is as planned, and returns whether it is. Returns of how many it is. */
typedef bool (*kafka_judge)(struct step *step, const struct kafka_admin *now, size_t object,
                            const struct kafka_spot *spot, enum object_result held);
size_t kafka_judge_sent(struct step *step, const struct kafka_admin *now, kafka_judge judge,
                        enum object_result held);
/* outcome_undo: the reset from the undo file, where offsets were changed or may have been. */
void kafka_undo_offer(struct step *step);
