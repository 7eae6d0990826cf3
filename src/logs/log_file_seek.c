#include "logs/log_file_own.h"

#include <string.h>
#include <unistd.h>

/* Below this distance the halving ends. Of lines that are not in order as many are still found. */
enum { NEAR = 64 << 10 };

static size_t read_at(struct log_file *file, uint64_t offset, size_t len) {
  const ssize_t got = pread(file->fd, file->block, len, (off_t)offset);
  return got > 0 ? (size_t)got : 0;
}

/* The time of the first line that begins at `offset` or later and has one. */
static bool time_at(struct log_file *file, uint64_t offset, int64_t *time_ms) {
  const size_t len = read_at(file, offset, FILE_BLOCK);
  const char *at = file->block, *end = file->block + len;
  if (offset > 0) {
    at = memchr(file->block, '\n', len);
    if (!at)
      return false;
    at++;
  }
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const size_t line = (size_t)((newline ? newline : end) - at);
    if (log_line_time(&file->source.parser, at, line < FILE_LINE_MAX ? line : FILE_LINE_MAX,
                      time_ms))
      return true;
    if (!newline)
      return false;
    at = newline + 1;
  }
  return false;
}

/* The greatest offset that is known to be before the first line of that time. */
static uint64_t before_time(struct log_file *file, uint64_t size, int64_t time_ms) {
  uint64_t low = 0, high = size;
  while (high - low > NEAR) {
    const uint64_t middle = low + (high - low) / 2;
    int64_t found;
    if (time_at(file, middle, &found) && found < time_ms)
      low = middle;
    else
      high = middle; /* also where nothing says a time: rather too early than too late */
  }
  return low;
}

/* The beginning of the line at or after the offset. */
static uint64_t line_after(struct log_file *file, uint64_t offset) {
  if (offset == 0)
    return 0;
  for (uint64_t at = offset - 1;;) {
    const size_t len = read_at(file, at, FILE_BLOCK);
    if (len == 0 || log_source_is_stopped(&file->source))
      return at;
    const char *newline = memchr(file->block, '\n', len);
    if (newline)
      return at + (uint64_t)(newline + 1 - file->block);
    log_source_alive(&file->source);
    at += len;
  }
}

/* Where the last `lines` lines begin. */
static uint64_t last_lines(struct log_file *file, uint64_t size, size_t lines) {
  uint64_t end = size;
  size_t seen = 0;
  while (end > 0 && !log_source_is_stopped(&file->source)) {
    const size_t want = end < FILE_BLOCK ? (size_t)end : FILE_BLOCK;
    const size_t got = read_at(file, end - want, want);
    if (got < want)
      return end; /* it became shorter */
    const char *newline = file->block + got;
    while ((newline = memrchr(file->block, '\n', (size_t)(newline - file->block)))) {
      const uint64_t start = end - want + (uint64_t)(newline + 1 - file->block);
      /* the last byte ends a line and begins none */
      if (start < size && ++seen == lines)
        return start;
    }
    log_source_alive(&file->source);
    end -= want;
  }
  return 0;
}

void file_seek(struct log_file *file, uint64_t size) {
  const struct log_want *want = &file->source.want;
  file->offset = 0;
  file->end = size;
  if (want->since_ms > 0)
    file->offset = line_after(file, before_time(file, size, want->since_ms));
  else if (want->tail > 0 && log_filter_is_empty(file->source.filter))
    file->offset = last_lines(file, size, want->tail);
  if (want->until_ms > 0 && !want->follow) {
    const uint64_t last = before_time(file, size, want->until_ms + 1) + 2 * (uint64_t)NEAR;
    file->end = last < size ? last : size;
  }
  if (file->offset > file->end)
    file->offset = file->end;
}
