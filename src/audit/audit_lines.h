/* A file read line by line, from where it was left. Blocks: for a thread, or a mode of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audit_lines {
  int64_t offset; /* of the first line that has not been told */
  bool skipping;  /* inside of a line: too long a one, or where the reading began */
};

/* A whole line without its newline, which begins at that offset. */
typedef void (*audit_line_told)(void *arg, const char *line, size_t len, int64_t offset);

/* Tells each whole line from lines->offset to `end`, but no new one after `budget` bytes. What
 * has no newline yet is left for later, and a line of more than AUDIT_LINE_MAX is passed over.
 * Returns 0 or an errno. */
int audit_lines_read(int fd, struct audit_lines *lines, int64_t end, int64_t budget,
                     audit_line_told told, void *arg);
