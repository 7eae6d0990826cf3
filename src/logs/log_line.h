/* From the bytes of a line to a log record: its time, its level, its clean text. Pure, but for the
 * local zone. Lines come in the order of their source. */
#pragma once

#include "logs/log_time.h"
#include "model/log/log.h"

struct log_parser {
  struct log_clock clock;
  int64_t last_ms; /* of the last line that had a time */
  uint8_t last_time, last_level;
  bool stamped;        /* the last time came from a line itself: one without is its continuation */
  bool any;            /* there was a line with a time */
  int64_t fallback_ms; /* for lines before any time */
};

/* fallback_ms: the time of lines that say none, before any that does: of a file, when it was last
 * written. */
void log_parser_init(struct log_parser *parser, int64_t now_ms, int64_t fallback_ms, bool utc);

/* Fills time, level, json and continued of a record; a time that the source gave (record->time ==
 * LOG_TIME_SOURCE) is kept. The line is without its newline, and may hold any bytes. */
void log_line_parse(struct log_parser *parser, const char *line, size_t len,
                    struct log_record *record);
/* Whether the line has a time of its own; does not change what later lines inherit. */
bool log_line_time(struct log_parser *parser, const char *line, size_t len, int64_t *time_ms);

/* Writes the line as records have it (see struct log_record.text); out has LOG_TEXT_MAX + 1 bytes.
 * Sets text, len and adds to cut what of `len` bytes did not fit. */
void log_line_clean(char *out, const char *line, size_t len, struct log_record *record);
