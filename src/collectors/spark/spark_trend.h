/* Whether the scheduling delay of a stream grows: it is compared with that of a minute ago. Pure.
 */
#pragma once

#include <stdint.h>

enum { SPARK_TREND_MS = 60000 };

struct spark_trends; /* of the streams of a target; NULL: none yet */
void spark_trends_free(struct spark_trends *trends);
/* Begins a collection: forgets the streams that the one before did not have. */
void spark_trends_begin(struct spark_trends **trends);
/* "grows" or "falls" if it changed by more than an interval within that time, else "steady"; NULL
 * before the stream is watched for half of it. */
const char *spark_trend(struct spark_trends **trends, const char *key, int64_t delay_ms,
                        int64_t interval_ms, int64_t now_us);
