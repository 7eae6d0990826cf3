/* A client's inside, for what else makes calls on its thread. */
#pragma once

#include "io/kafka.h"
#include "io/kafka_worker.h"

struct kafka_worker *kafka_client_worker(struct kafka_client *client);
