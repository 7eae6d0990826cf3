/* Offsets in a file, as kafka-consumer-groups.sh --export writes them and --from-file reads them: a
 * line "topic,partition,offset" each, or "group,topic,partition,offset" (of several groups). */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

enum { KAFKA_CSV_TOPIC_MAX = 249 };

struct kafka_csv_line {
  char topic[KAFKA_CSV_TOPIC_MAX + 1];
  int32_t partition;
  int64_t offset;
};

/* Called for each line; false stops (the callee sets the error). */
typedef bool (*kafka_csv_seen)(void *arg, const struct kafka_csv_line *line, int number,
                               struct err *err);

/* Reads all lines; skips those of other groups than `group`. Errors have their place:
 * "offsets.csv:3: no offset: ...". */
bool kafka_csv_read(const char *path, const char *text, size_t len, const char *group,
                    kafka_csv_seen seen, void *arg, struct err *err) MUST_CHECK;
