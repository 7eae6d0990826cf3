/* Turns librdkafka's errors into messages for the operator: pure. */
#pragma once

#include "core/err.h"

#include <librdkafka/rdkafka.h>

/* From an error code and librdkafka's sentence, such as "127.0.0.1:9092/bootstrap: Connect to
 * ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)": "127.0.0.1:9092
 * refused", ERR_REFUSED. text may be NULL. */
void kafka_error(rd_kafka_resp_err_t code, const char *text, struct err *err);

/* A short text for a cell: static. */
const char *kafka_error_reason(rd_kafka_resp_err_t code);
bool kafka_error_is_denied(rd_kafka_resp_err_t code);
/* Whether no answer came: neither good nor bad. */
bool kafka_error_is_silence(rd_kafka_resp_err_t code);
