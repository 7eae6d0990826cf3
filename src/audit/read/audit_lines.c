#include "audit/read/audit_lines.h"
#include "audit/audit_format.h"
#include "core/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 << 10 };

struct buffer {
  char *bytes;
  size_t have, room;
};

static void forget(struct audit_lines *lines, struct buffer *buffer, size_t used) {
  memmove(buffer->bytes, buffer->bytes + used, buffer->have - used);
  buffer->have -= used;
  lines->offset += (int64_t)used;
}

/* Reports the whole lines; returns the bytes that they take. */
static size_t tell(struct audit_lines *lines, const struct buffer *buffer, audit_line_told told,
                   void *arg) {
  size_t used = 0;
  const char *newline;
  while (used < buffer->have &&
         (newline = memchr(buffer->bytes + used, '\n', buffer->have - used))) {
    const char *line = buffer->bytes + used;
    if (!lines->skipping)
      told(arg, line, (size_t)(newline - line), lines->offset + (int64_t)used);
    lines->skipping = false;
    used = (size_t)(newline + 1 - buffer->bytes);
  }
  return lines->skipping ? buffer->have : used;
}

static void make_room(struct audit_lines *lines, struct buffer *buffer) {
  if (buffer->room < AUDIT_LINE_MAX) {
    buffer->room *= 4;
    buffer->bytes = mem_resize(buffer->bytes, buffer->room);
  } else {
    lines->skipping = true;
    forget(lines, buffer, buffer->have);
  }
}

int audit_lines_read(int fd, struct audit_lines *lines, int64_t end, int64_t budget,
                     audit_line_told told, void *arg) {
  struct buffer buffer = {.bytes = mem_new(PIECE), .room = PIECE};
  int64_t stop = lines->offset + budget;
  int status = 0;
  while (status == 0 && lines->offset < stop) {
    int64_t at = lines->offset + (int64_t)buffer.have;
    size_t want = buffer.room - buffer.have;
    if ((int64_t)want > end - at)
      want = end > at ? (size_t)(end - at) : 0;
    ssize_t got = pread(fd, buffer.bytes + buffer.have, want, at);
    if (got < 0 && errno != EINTR)
      status = errno;
    if (got == 0)
      break;
    if (got < 0)
      continue;
    buffer.have += (size_t)got;
    forget(lines, &buffer, tell(lines, &buffer, told, arg));
    if (buffer.have == buffer.room)
      make_room(lines, &buffer);
  }
  free(buffer.bytes);
  return status;
}
