/* A source of log lines, and how to write one (a file, a container, a journal, a pod).
 *
 * A kind embeds struct log_source as its first member and has four functions. It reads on a thread
 * of its own or on the loop, and gives each line to log_source_line, which parses, filters and
 * queues it; the reader (log_reader.h) takes lines from the queue on the loop. A queue is bounded
 * (LOG_QUEUE_BYTES): a thread then waits in log_source_flush, and a source on the loop stops its
 * server until `resume`. Nothing is read after `stop`.
 *
 * States: OPENING at first; READING while it reads what there is, FOLLOWING when it waits for more,
 * and at the end ENDED or FAILED with an error that names the place. */
#pragma once

#include "core/err.h"
#include "logs/log_line.h"
#include "model/log/logs.h"

#include <pthread.h>
#include <uv.h>

enum {
  LOG_BATCH_BYTES = 256 << 10, /* lines go to the loop in batches */
  LOG_QUEUE_BYTES = 1 << 20,   /* waiting lines of a source: with the batch that is being filled a
                                  source takes up to 1.5 MiB */
};

/* What to read. Times are wall time in ms; 0: no limit. */
struct log_want {
  int64_t now_ms, since_ms, until_ms;
  size_t tail; /* the last lines only, where since is not said; 0: all */
  bool follow;
  bool utc; /* how lines without a zone are read */
};

struct log_source;

struct log_source_kind {
  /* On the loop: begins to read. Errors are reported by log_source_fail. */
  void (*open)(struct log_source *source);
  /* On the loop: the queue has room again after log_source_flush returned false. NULL for a source
   * with a thread. */
  void (*resume)(struct log_source *source);
  /* On the loop, once, also after ENDED and FAILED: stops reading, without waiting. */
  void (*stop)(struct log_source *source);
  /* When no holder is left, on any thread: frees the kind's own memory and itself. */
  void (*free)(struct log_source *source);
};

struct log_batch;

struct log_source {
  const struct log_source_kind *kind;
  char *name, *place; /* see struct log_source_status; owned */
  struct log_want want;
  struct log_filter *filter; /* its own; NULL: none */
  struct log_parser parser;
  struct log_batch *filling; /* only of the side that reads */
  char *clean;               /* the same; LOG_TEXT_MAX + 1 bytes */
  uint64_t lines, passed;    /* the same; published by log_source_flush */
  uint64_t unsearched;       /* lines whose end was cut, and that might have passed with it */
  uint64_t bytes, bytes_total, reported_bytes;

  pthread_mutex_t mutex; /* for all that follows */
  size_t holders;
  bool stopped;
  pthread_cond_t drained;
  uv_async_t *wake; /* the reader's; NULL once stopped */
  struct log_batch *oldest, *newest;
  size_t queued;
  uint64_t alive; /* grows with each sign of life */
  bool wants_resume;
  struct log_source_status status; /* its texts are the source's */
};

/* name and place are copied, and made clean. */
void log_source_init(struct log_source *source, const struct log_source_kind *kind,
                     const char *name, const char *place, const struct log_want *want,
                     const struct log_filter *filter);
/* In `free` of the kind, after its own. */
void log_source_fini(struct log_source *source);
/* Everything that runs (a thread, a request) holds the source. The last release frees it. */
void log_source_hold(struct log_source *source);
void log_source_release(struct log_source *source);

/* For the side that reads. A line without its newline; `cut`: bytes of it that are not here. stamp:
 * time, LOG_TIME_SOURCE and stderr_ where the source knows them, and the level of a line that does
 * not say one; NULL: nothing is known. */
void log_source_line(struct log_source *source, const char *line, size_t len, uint64_t cut,
                     const struct log_record *stamp);
/* A line of stacktop's own: what is missing between two lines of the source. It passes every
 * filter.
 */
void log_source_gap(struct log_source *source, const char *text);
/* Counts lines that were read and are known not to pass the filter. */
void log_source_count(struct log_source *source, uint64_t lines);
/* Hands over what was filled. On the loop (wait false): false if the queue is full: nothing more
 * until `resume`. On a thread (wait true): waits while it is full; false if it was stopped. */
bool log_source_flush(struct log_source *source, bool wait);
bool log_source_is_stopped(struct log_source *source);
void log_source_set_state(struct log_source *source, enum log_source_state state);
void log_source_fail(struct log_source *source, const struct err *err);
/* What is missing, while it continues. NULL: nothing. */
void log_source_note(struct log_source *source, const struct err *err);
/* How far it is: published by the next log_source_flush. */
void log_source_progress(struct log_source *source, uint64_t bytes, uint64_t bytes_total);
/* It is at work, although there is nothing to count. */
void log_source_alive(struct log_source *source);
void log_source_rotated(struct log_source *source);

/* For the reader, on the loop. */
struct log_batch {
  struct log_batch *next;
  struct log_record *records;
  size_t count, capacity, taken;
  size_t bytes; /* of the texts, which are in `text` */
  char *text;
};
/* The first batch that waits, with taken < count; NULL: none. */
struct log_batch *log_source_peek(struct log_source *source);
void log_source_drop(struct log_source *source); /* the first batch */
