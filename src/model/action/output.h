/* An operation's output line by line, as it is shown and printed. */
#pragma once

#include "model/action/outcome.h"

enum { OUTPUT_LINE_MAX = 8 << 10 }; /* bytes; a longer line continues on the next one */

enum output_line_kind {
  OUTPUT_LINE_TEXT,
  OUTPUT_LINE_HEADING, /* "Standard error": only where there is more than one stream, or this one */
  OUTPUT_LINE_GAP,     /* "... 12,430 bytes omitted ..." */
};

/* A line without its newline, with tabs expanded; not sanitised; valid during the call. */
typedef void (*output_line)(void *arg, enum output_line_kind kind, enum output_stream stream,
                            const char *line);

void output_lines(const struct outcome *outcome, output_line told, void *arg);
enum { OUTPUT_SUMMARY_MAX = 120 };
/* "120 lines", "1 line, 12,430 bytes omitted"; "" without an output. Returns out. */
const char *output_summary(const struct outcome *outcome, char *out, size_t size);
