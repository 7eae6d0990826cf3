#include "logs/log_file_own.h"

#include <string.h>

/* How far back a line's time is looked for: a stack trace. */
enum { LOOK_BACK = 200 };

/* Sixteen bytes at once (GCC and Clang make of it what the machine has): a byte of `sums` counts
 * the newlines at its place, up to 255. */
typedef unsigned char lanes __attribute__((vector_size(16)));

static uint64_t newlines(const char *bytes, size_t len) {
  uint64_t count = 0;
  size_t i = 0;
  while (len - i >= sizeof(lanes)) {
    lanes sums = {0};
    for (int round = 0; round < 255 && len - i >= sizeof(lanes); round++, i += sizeof(lanes)) {
      lanes here;
      memcpy(&here, bytes + i, sizeof here);
      sums -= (lanes)(here == '\n'); /* true is all ones: -1 */
    }
    for (size_t lane = 0; lane < sizeof(lanes); lane++)
      count += sums[lane];
  }
  for (; i < len; i++)
    count += bytes[i] == '\n';
  return count;
}

static void line_take(struct log_file *file, const char *line, size_t len, uint64_t cut) {
  const size_t kept = len < FILE_LINE_MAX ? len : FILE_LINE_MAX;
  log_source_line(&file->source, line, kept, cut + (len - kept), NULL);
}

static void lines_each(struct log_file *file, const char *bytes, size_t len) {
  for (const char *end; len > 0; bytes = end + 1) {
    end = memchr(bytes, '\n', len);
    line_take(file, bytes, (size_t)(end - bytes), 0);
    len -= (size_t)(end + 1 - bytes);
  }
}

/* Where the line begins that ends before `at`. */
static size_t line_start(const char *bytes, size_t at) {
  const char *newline = at > 0 ? memrchr(bytes, '\n', at) : NULL;
  return newline ? (size_t)(newline + 1 - bytes) : 0;
}

/* The parser learns the time and level that a line at `at` inherits. */
static void context_read(struct log_file *file, const char *bytes, size_t from, size_t at) {
  struct log_parser *parser = &file->source.parser;
  size_t start = at;
  int64_t unused;
  for (int i = 0; i < LOOK_BACK && start > from; i++) {
    const size_t end = start - 1;
    start = line_start(bytes, end);
    if (start < from)
      return;
    const size_t len = end - start < FILE_LINE_MAX ? end - start : FILE_LINE_MAX;
    if (log_line_time(parser, bytes + start, len, &unused)) {
      struct log_record ignored = {0};
      log_line_parse(parser, bytes + start, len, &ignored);
      return;
    }
  }
}

/* Only the lines in which the needle is; false: they have to be looked at one by one. `bytes` are
 * whole lines. */
static bool lines_search(struct log_file *file, const struct pattern *needle, const char *bytes,
                         size_t len, size_t *done) {
  struct pattern_span span;
  size_t after = 0; /* of the last line that was taken */
  int64_t unused;
  for (;;) {
    const int found = pattern_scan(needle, bytes, len, after, &span);
    if (found < 0) {
      *done = after;
      return false;
    }
    if (found == 0 || span.start >= len)
      break;
    const size_t start = line_start(bytes, span.start);
    const char *newline = memchr(bytes + span.start, '\n', len - span.start);
    const size_t end = (size_t)(newline - bytes);
    log_source_count(&file->source, newlines(bytes + after, start - after));
    if (!log_line_time(&file->source.parser, bytes + start,
                       end - start < FILE_LINE_MAX ? end - start : FILE_LINE_MAX, &unused))
      context_read(file, bytes, after, start);
    line_take(file, bytes + start, end - start, 0);
    after = end + 1;
  }
  log_source_count(&file->source, newlines(bytes + after, len - after));
  context_read(file, bytes, after, len);
  return true;
}

/* Continuation bytes of the character, 4: it is none. */
static size_t rest_of(unsigned char lead) {
  return lead < 0xC2 ? 4 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : 4;
}

/* The next bytes are printable ASCII, newlines and tabs. */
static bool are_plain(const char *bytes) {
  lanes here;
  uint64_t parts[sizeof(lanes) / sizeof(uint64_t)];
  memcpy(&here, bytes, sizeof here);
  const lanes odd = (lanes)((here < ' ') & (here != '\n') & (here != '\t')) | (lanes)(here >= 0x7F);
  memcpy(parts, &odd, sizeof parts);
  return (parts[0] | parts[1]) == 0;
}

/* Nothing is made readable in it, such as the \r before a newline, or Latin-1: a pattern is for
 * the text that is shown ("done$", "Gr..e"). */
static bool is_as_shown(const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    while (len - i >= sizeof(lanes) && are_plain(bytes + i))
      i += sizeof(lanes);
    if (i == len)
      break;
    const unsigned char c = (unsigned char)bytes[i];
    if (c < 0x80) {
      if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
        return false;
      continue;
    }
    const size_t rest = rest_of(c);
    if (rest >= len - i)
      return false;
    for (size_t k = 1; k <= rest; k++)
      if (((unsigned char)bytes[i + k] & 0xC0) != 0x80)
        return false;
    i += rest;
  }
  return true;
}

/* Whole lines. Colours would hide what they stand within. */
static void lines_take(struct log_file *file, const char *bytes, size_t len) {
  const struct pattern *needle = log_filter_needle(file->source.filter);
  const bool at_once = needle && (pattern_is_literal(needle) ? !memchr(bytes, '\x1B', len)
                                                             : is_as_shown(bytes, len));
  size_t done = 0;
  if (at_once && lines_search(file, needle, bytes, len, &done))
    return;
  lines_each(file, bytes + done, len - done);
}

static void line_keep(struct log_file *file, const char *bytes, size_t len) {
  const size_t room = FILE_LINE_MAX - file->line_len, kept = len < room ? len : room;
  memcpy(file->line + file->line_len, bytes, kept);
  file->line_len += kept;
  file->line_cut += len - kept;
}

void file_line_end(struct log_file *file) {
  if (file->line_len > 0)
    line_take(file, file->line, file->line_len, file->line_cut);
  file->line_len = 0;
  file->line_cut = 0;
}

void file_lines(struct log_file *file, const char *bytes, size_t len) {
  if (file->line_len > 0) {
    const char *newline = memchr(bytes, '\n', len);
    const size_t taken = newline ? (size_t)(newline - bytes) : len;
    line_keep(file, bytes, taken);
    if (!newline)
      return;
    file_line_end(file);
    bytes += taken + 1;
    len -= taken + 1;
  }
  const char *last = len > 0 ? memrchr(bytes, '\n', len) : NULL;
  const size_t whole = last ? (size_t)(last + 1 - bytes) : 0;
  if (whole > 0)
    lines_take(file, bytes, whole);
  if (len > whole)
    line_keep(file, bytes + whole, len - whole);
}
