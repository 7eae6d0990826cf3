/* The librdkafka configuration of one client. */
#pragma once

#include "clients/kafka/kafka_query.h"

#include <librdkafka/rdkafka.h>

/* NULL with ERR_INVALID. Waits for nothing: files that properties name are read by rd_kafka_new. */
rd_kafka_conf_t *kafka_conf_new(const struct kafka_config *config, struct err *err) MUST_CHECK;
