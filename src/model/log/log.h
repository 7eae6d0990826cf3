/* Log lines that were read, as they are shown: merged by time, bounded, the oldest dropped.
 *
 * Owned by app (the engine), which adds lines between two frames; the view gets a const pointer for
 * one frame. Times are wall time, milliseconds since 1970 (not the model's steady ones). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
  LOG_LEVEL_NONE, /* the line does not say */
  LOG_LEVEL_TRACE,
  LOG_LEVEL_DEBUG,
  LOG_LEVEL_INFO, /* also notice */
  LOG_LEVEL_WARN,
  LOG_LEVEL_ERROR,
  LOG_LEVEL_FATAL, /* also critical, alert, emergency, panic */
  LOG_LEVEL_COUNT
};
/* "", "trace", "debug", "info", "warn", "error", "fatal". Never NULL. */
const char *log_level_name(enum log_level level);
/* Words as they are in lines and in options, of any case: "WARNING", "err", "crit", "severe".
 * LOG_LEVEL_NONE: not a level. */
enum log_level log_level_parse(const char *word, size_t len);

enum log_time {
  LOG_TIME_LINE,      /* the line says it, with its zone */
  LOG_TIME_ZONELESS,  /* the line says it without a zone: taken as local time */
  LOG_TIME_SOURCE,    /* the source says it: Docker, the journal */
  LOG_TIME_INHERITED, /* of the line before it in its source, which it continues (a stack trace), or
                         which is the last that has a time */
  LOG_TIME_ARRIVAL,   /* nothing says it: when stacktop read it */
};

/* A line. Immutable once it is in a log; valid until the engine runs again (keep its place). */
struct log_record {
  int64_t time_ms;
  uint64_t seq; /* unique in its log, never reused; grows in order of reading */
  uint64_t cut; /* bytes of the line that were not kept, at its end; 0: it is whole */
  /* The line, terminated, len bytes, without its newline and without colour sequences: printable
   * UTF-8 and tabs, and nothing else (draw a tab as one space). For JSON the line as it is; see
   * model/log/log_fields.h. What a filter and a search match is this text. */
  const char *text;
  uint32_t len;
  uint16_t source; /* index in logs.sources */
  uint8_t level;   /* enum log_level; a continuing line has that of its first line */
  uint8_t time;    /* enum log_time */
  bool json;       /* an object, from the first byte to the last */
  bool continued;  /* continues the line before it in its source */
  bool gap;        /* no line of the source: stacktop says that lines are missing here */
  bool stderr_;    /* the source says that it was written to standard error */
};

enum {
  LOG_TEXT_MAX = 16 << 10,  /* bytes kept of a line */
  LOG_LINES_MAX = 100000,   /* of a log; more drop the oldest */
  LOG_BYTES_MAX = 32 << 20, /* of all its lines together, with what each costs */
};

struct log;

struct log *log_new(size_t lines_max, size_t bytes_max);
void log_free(struct log *log);  /* NULL is allowed */
void log_clear(struct log *log); /* sequence numbers go on */

/* Copies the record and its text; sets the copy's seq. It is visible after log_settle. */
void log_add(struct log *log, const struct log_record *record);
/* Merges what was added by time (stable: of equal times the one that was read first), and drops the
 * oldest beyond the limits. True if anything changed. */
bool log_settle(struct log *log);

size_t log_count(const struct log *log);
/* In order of time: 0 is the oldest. Asserts index < count. */
const struct log_record *log_at(const struct log *log, size_t index);
/* Lines that were dropped for the limits since log_new or log_clear. */
uint64_t log_dropped(const struct log *log);
/* Increases with each change. */
uint64_t log_generation(const struct log *log);
size_t log_bytes(const struct log *log);

/* Where a line is, for a viewer that keeps its place while lines come and go. */
struct log_place {
  int64_t time_ms;
  uint64_t seq;
};
struct log_place log_place_of(const struct log_record *record);
/* The index of that line or, if it was dropped, of the first one after it; count if there is none
 * (binary search). */
size_t log_index(const struct log *log, struct log_place place);
/* The index of the first line of that time or later; count if there is none. */
size_t log_index_of_time(const struct log *log, int64_t time_ms);
