/* The client of a step on a Kafka cluster: its own, in a process of its own, never the collector's.
 */
#pragma once

#include "actions/step.h"
#include "clients/kafka/kafka_admin.h"

struct kafka_conn;

/* NULL with step->err. Does not wait: the first question connects. */
struct kafka_conn *kafka_conn_open(struct step *step);
/* A new question. It and its answer live until the question after the next one is made. */
struct kafka_admin *kafka_question(struct kafka_conn *conn, kafka_run run);
/* Asks it, once; the answer is in admin. False with step->err; admin then says whether a change was
 * sent (kafka_admin_sent) and whether it may have happened (unsure). */
bool kafka_ask(struct kafka_conn *conn, struct kafka_admin *admin);

enum { KAFKA_SURVEY_MS = 20000, KAFKA_EXECUTE_MS = 30000, KAFKA_VERIFY_MS = 20000 };
