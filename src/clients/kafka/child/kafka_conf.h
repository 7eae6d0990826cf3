/* The librdkafka configuration of one client. */
#pragma once

#include "clients/kafka/kafka_query.h"

#include <librdkafka/rdkafka.h>

/* NULL with ERR_INVALID. Does not block: rd_kafka_new reads files named by properties. */
rd_kafka_conf_t *kafka_conf_new(const struct kafka_config *config, struct err *err) MUST_CHECK;
