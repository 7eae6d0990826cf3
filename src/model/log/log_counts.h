/* How many lines of which level came when, and which messages are the most frequent. Both are
 * counted while lines are read, so that lines that a log has dropped are counted too. */
#pragma once

#include "model/log/log.h"

enum { LOG_BUCKETS_MAX = 240 };

/* Adjacent buckets of equal width; the width doubles when the time they span exceeds them. */
struct log_rates {
  int64_t start_ms; /* of the first bucket; a multiple of width_ms */
  int64_t width_ms; /* at first 1 s */
  size_t count;     /* buckets in use */
  uint32_t buckets[LOG_BUCKETS_MAX][LOG_LEVEL_COUNT];
  uint64_t total[LOG_LEVEL_COUNT];
  uint64_t earlier; /* lines before the first bucket that can be kept */
};
void log_rates_clear(struct log_rates *rates);
void log_rates_add(struct log_rates *rates, int64_t time_ms, enum log_level level);
/* For a chart: lines of `level` or worse between two times, split evenly into `count` values (a
 * bucket counts where its middle is). */
void log_rates_read(const struct log_rates *rates, int64_t from_ms, int64_t to_ms,
                    enum log_level level, double *values, size_t count);

enum { LOG_PATTERNS_MAX = 512, LOG_PATTERN_TEXT_MAX = 256 };

/* Messages that differ only in numbers, hexadecimal ids, UUIDs, addresses and quoted texts. */
struct log_message {
  const char *pattern; /* "request <n> from <ip> took <n>ms"; clean, terminated */
  const char *example; /* the latest line, clean, cut at LOG_PATTERN_TEXT_MAX; terminated */
  uint64_t count;
  int64_t first_ms, last_ms;
  enum log_level level; /* the worst */
};

struct log_messages;
struct log_messages *log_messages_new(void);
void log_messages_free(struct log_messages *messages);
void log_messages_clear(struct log_messages *messages);
void log_messages_add(struct log_messages *messages, const struct log_record *record);
/* The most frequent first. Valid until the next log_messages_add; sorted when called. */
const struct log_message *const *log_messages_top(struct log_messages *messages, size_t *count);
/* Lines of messages that were given up for more frequent ones: above LOG_PATTERNS_MAX messages the
 * counts are lower bounds. */
uint64_t log_messages_other(const struct log_messages *messages);
/* Folds one line; returns out. */
const char *log_message_fold(const char *text, size_t len, char out[LOG_PATTERN_TEXT_MAX]);
