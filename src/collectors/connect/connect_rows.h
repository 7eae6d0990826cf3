/* From the answers of Kafka Connect to a sample. No input or output. */
#pragma once

#include "clients/connect/connect.h"
#include "model/sample.h"

enum { CONNECT_TABLES = 3 };
extern const struct table_spec *const connect_tables[CONNECT_TABLES];

struct connect_answers {
  const char *name; /* of the target */
  const char *version, *cluster;
  const struct connect_list *list;
  int64_t latency_us;
};
struct sample *connect_sample(const struct connect_answers *answers);
