/* Internals of a client, for other code that makes calls in its process. */
#pragma once

#include "clients/kafka/kafka_process.h"

struct kafka_client;

struct kafka_process *kafka_client_process(struct kafka_client *client);
