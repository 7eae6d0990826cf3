/* The batches of an application's streams. Pure. */
#pragma once

#include "clients/spark/spark.h"

enum { SPARK_BATCHES_MAX = 2000 };

struct spark_batch {
  const char *key;    /* unique, in the arena */
  const char *stream; /* of a query its name; "" of DStreams */
  const char *status; /* "COMPLETED", "QUEUED", "PROCESSING"; of a query "RUNNING", "FAILED" too */
  const char *reason; /* what failed first; "" */
  int64_t number;     /* of a query; -1 */
  int64_t at_ms;      /* the batch's time; of a query: when it began */
  int64_t records, delay_ms, processing_ms, total_ms, failed;
};
struct spark_batches {
  struct spark_batch *items; /* the newest first */
  size_t count, total;
};
/* The answer to streaming/batches. */
bool spark_batches_read(const json_t *json, struct arena *arena, struct spark_batches *batches,
                        struct err *err) MUST_CHECK;
/* The answer to sql: executions of SQL, of which those of a query say in their description which
 * batch they are of. query: only of that one; NULL: all. */
bool spark_sql_batches_read(const json_t *json, const char *query, struct arena *arena,
                            struct spark_batches *batches, struct err *err) MUST_CHECK;
