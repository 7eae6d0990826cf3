/* Reads a file line by line, from the last position. Blocks: for a thread or its own mode. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audit_lines {
  int64_t offset; /* of the first line not yet reported */
  bool skipping;  /* inside a line: it is too long, or reading began there */
};

/* A whole line without its newline; offset is its begin. */
typedef void (*audit_line_told)(void *arg, const char *line, size_t len, int64_t offset);

/* Reports each whole line from lines->offset to `end`, but starts no line after `budget` bytes. A
 * line without a newline is left for the next call; a line longer than AUDIT_LINE_MAX is skipped.
 * Returns 0 or an errno. */
int audit_lines_read(int fd, struct audit_lines *lines, int64_t end, int64_t budget,
                     audit_line_told told, void *arg);
