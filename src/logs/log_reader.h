/* Reads several sources at once and delivers their lines on the loop. */
#pragma once

#include "io/io.h"
#include "logs/log_source.h"

/* Files and containers, and beside them room for what is said of those that are not read. */
enum { LOG_SOURCES_MAX = 64, LOG_NOTES_MAX = 32, LOG_READER_MAX = LOG_SOURCES_MAX + LOG_NOTES_MAX };

struct log_reader_hooks {
  /* A line; record->source is the source's index. Borrowed for the call, which must not close the
   * reader. */
  void (*line)(void *arg, const struct log_record *record);
  /* After lines, and when a state or a counter has changed: at most once in a turn of the loop. May
   * close the reader. */
  void (*changed)(void *arg);
  void *arg;
};

struct log_reader;

/* A source that says nothing for SILENT does not hold back the others any longer, and its status
 * says so; one that is not followed counts as failed after DEAD. In ms. */
enum { LOG_SILENT_MS = 5000, LOG_DEAD_MS = 30000 };

/* ordered: lines come in the order of time, as long as each source has them in that order: nothing
 * is delivered while a source that is not yet FOLLOWING, ENDED or FAILED, and not silent, has
 * nothing to compare with. What is followed comes as it arrives. Otherwise every line comes as soon
 * as it is read. */
struct log_reader *log_reader_new(struct io *io, bool ordered,
                                  const struct log_reader_hooks *hooks);
/* Ordered: nothing is delivered either while is_looking for sources, but no longer than SILENT. */
void log_reader_await(struct log_reader *reader, bool (*is_looking)(const void *arg),
                      const void *arg);
/* Other times than those above, for tests. */
void log_reader_set_patience(struct log_reader *reader, int64_t silent_ms, int64_t dead_ms);
/* Takes the source and opens it. False, and the source is freed, above LOG_READER_MAX. */
bool log_reader_add(struct log_reader *reader, struct log_source *source);
/* Whether a source of that name passes the filter. The names of the others are remembered. */
bool log_reader_wants(struct log_reader *reader, const struct log_filter *filter, const char *name);
/* How many passed, and the names of those that did not; more: there are others. */
enum { LOG_SKIPPED_MAX = 128 };
size_t log_reader_wanted(const struct log_reader *reader);
const char *const *log_reader_skipped(const struct log_reader *reader, size_t *count, bool *more);
size_t log_reader_count(const struct log_reader *reader);
/* As of the last `changed`; valid until the next. */
const struct log_source_status *log_reader_sources(const struct log_reader *reader);
/* Whether a source is not yet FOLLOWING, ENDED or FAILED, or has lines that were not delivered. */
bool log_reader_is_loading(const struct log_reader *reader);
/* Whether there will be no more lines. */
bool log_reader_is_done(const struct log_reader *reader);
/* No lines are delivered until it is called with false; sources wait when their queues are full. */
void log_reader_hold(struct log_reader *reader, bool hold);
/* `changed` comes soon, whatever happens. */
void log_reader_wake(struct log_reader *reader);
/* Stops all, and frees the reader in a later turn of the loop. A thread that hangs in a read is
 * left behind. NULL is allowed. */
void log_reader_close(struct log_reader *reader);
