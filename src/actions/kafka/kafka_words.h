/* Words that Kafka's actions share: rows of the collector's table as groups and topics, and the
 * equivalent shell commands. Pure. */
#pragma once

#include "actions/action.h"
#include "actions/shown.h"
#include "clients/kafka/kafka_admin.h"
#include "clients/kafka/kafka_contract.h"

/* "--bootstrap-server 127.0.0.1:9092" in the plan's arena. */
const char *kafka_server(struct plan *plan, const struct action_request *request);

/* False with err: "it is Stable; stop its 2 consumers first". */
bool kafka_refuse_members(const char *who, const char *state, int64_t members, struct err *err);

/* ---- what a name must still stand for */

/* Sets the identity "cluster" of all objects from the survey ("" where it is not known), and its
 * line in the plan. False with err when it differs from the model's. */
bool kafka_plan_cluster(const struct action_request *request, struct plan *plan,
                        struct err *err) MUST_CHECK;
/* The line about the topics' ids: that they are checked, or what is noticed without them. */
void kafka_say_topic(struct plan *plan, bool has_id, const char *noticed);

/* ---- the collector's rows ("lag": groups, their topics, their partitions) */

enum kafka_level { KAFKA_LEVEL_GROUP, KAFKA_LEVEL_TOPIC, KAFKA_LEVEL_PARTITION };
/* The row of the group that the request's row is in; NULL if there is none. */
const struct row *kafka_group_row(const struct action_request *request);
/* admin->group: the name of that group. */
bool kafka_group_ask(const struct action_request *request, struct kafka_admin *admin,
                     struct err *err) MUST_CHECK;
/* The name in the request's row; "" when the row no longer exists. */
const char *kafka_row_name(const struct action_request *request);
/* A cell of a row of the collector's table; none when the row no longer exists. */
struct value kafka_cell(const struct action_request *request, const struct row *row,
                        const char *column);
/* For `applies`: the row is of that level; `empty`: its group is Empty. */
bool kafka_row_fits(const struct action_request *request, enum kafka_level wanted, bool empty,
                    struct err *why);

/* Calls seen for each partition of the topic that a group has committed for or consumes, as the
 * model has it: the group's name, its committed offset (KAFKA_NO_OFFSET), the partition; and once
 * per group with partition -1. */
typedef void (*kafka_reader_seen)(void *arg, const char *group, const char *state,
                                  int32_t partition, int64_t committed);
void kafka_readers(const struct action_request *request, const char *topic, kafka_reader_seen seen,
                   void *arg);

/* ---- undo files */

/* "undo/kafka-reset-offsets-ecap-orders-20261125T040312.123Z.csv": below the state folder. */
const char *kafka_undo_name(struct plan *plan, const char *verb, const char *group, int64_t now_ms);
/* The file's full path: state (NULL: not known yet) and the name. In the plan's arena. */
const char *kafka_undo_path(struct plan *plan, const char *state, const char *name);
/* The same for the step that writes it; for the caller to free. */
char *kafka_undo_file(const char *state, const char *name);
/* Sets in admin path and text (CSV: topic,partition,offset of each spot with a committed offset),
 * so that the file is written before the change. */
void kafka_undo_fill(struct kafka_admin *admin, const char *state, const char *name);
