/* The connection of a step to a Kafka cluster: a client of its own, in a process of its own, never
 * the collector's. The first question connects. */
#pragma once

#include "actions/step.h"
#include "clients/kafka/kafka_admin.h"

/* A new question. It and its answer live until the question after the next one is created. */
struct kafka_admin *kafka_question(struct step *step, kafka_run run);
/* Sends it, once; the answer is in admin. False with step->err; admin then says whether a change
 * was sent (kafka_admin_sent) and whether it may have happened (unsure). */
bool kafka_ask(struct step *step, struct kafka_admin *admin);

enum { KAFKA_SURVEY_MS = 20000, KAFKA_EXECUTE_MS = 30000, KAFKA_VERIFY_MS = 20000 };
/* The steps of every action on Kafka. */
#define KAFKA_STEPS STEPS_OF(KAFKA_SURVEY_MS, KAFKA_EXECUTE_MS, KAFKA_VERIFY_MS)
