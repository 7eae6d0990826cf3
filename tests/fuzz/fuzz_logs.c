/* Exercises what is read of log lines: the line parser, JSON fields, filters, message folding, and
 * the frames of a Docker engine.
 *
 * Whatever the bytes are, what is kept is clean UTF-8, within its limits, and cut at whole
 * characters; fields are as clean as the line; frames give the same lines in pieces of any size;
 * and the search for candidates finds each line that the filter passes. */
#include "fuzz.h"

#include "clients/docker/docker_logs.h"
#include "logs/log_line.h"
#include "model/log/log_counts.h"
#include "model/log/log_fields.h"
#include "model/log/log_filter.h"

#include <stdio.h>

/* A tab is drawn as a blank. */
static void check_clean(const char *text, size_t len) {
  char *copy = malloc(len + 1);
  assert(copy);
  assert(!memchr(text, '\n', len));
  memcpy(copy, text, len);
  for (size_t i = 0; i < len; i++)
    if (copy[i] == '\t')
      copy[i] = ' ';
  fuzz_check_clean(copy, len, false);
  free(copy);
}

static void check_fields(const struct log_record *record) {
  static struct log_fields fields;
  char brief[120], whole[LOG_FIELDS_BYTES * 2];
  if (!log_fields_read(&fields, record->text, record->len)) {
    assert(fields.count == 0);
    return;
  }
  assert(fields.count <= LOG_FIELDS_MAX);
  for (size_t i = 0; i < fields.count; i++) {
    check_clean(fields.items[i].name, strlen(fields.items[i].name));
    check_clean(fields.items[i].value, strlen(fields.items[i].value));
    assert(log_fields_find(&fields, fields.items[i].name));
  }
  const size_t len = log_fields_brief(&fields, brief, sizeof brief);
  assert(len == strlen(brief) && len < sizeof brief);
  check_clean(brief, len);
  assert(log_fields_brief(&fields, whole, sizeof whole) >= len);
}

static void check_filter(const struct log_record *record) {
  static const char *const conditions[] = {"a>1"};
  static const struct log_filter_spec specs[] = {{.grep = "err|^a\\s+b"},
                                                 {.grep = "Er"},
                                                 {.exclude = "x"},
                                                 {.conditions = conditions, .condition_count = 1}};
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
    struct log_filter *filter = log_filter_new(&specs[i], NULL);
    struct pattern_span span;
    assert(filter);
    const struct pattern *needle = log_filter_needle(filter);
    if (log_filter_passes(filter, record) && needle)
      assert(pattern_scan(needle, record->text, record->len, 0, &span) != 0);
    log_filter_free(filter);
  }
}

static void check_line(struct log_parser *parser, const char *line, size_t len) {
  static char out[LOG_TEXT_MAX + 1];
  char folded[LOG_PATTERN_TEXT_MAX];
  struct log_record record = {0};
  int64_t time_ms;
  const bool timed = log_line_time(parser, line, len, &time_ms);
  log_line_parse(parser, line, len, &record);
  assert(record.level < LOG_LEVEL_COUNT);
  assert(timed == (record.time == LOG_TIME_LINE || record.time == LOG_TIME_ZONELESS));
  assert(!timed || record.time_ms == time_ms);
  log_line_clean(out, line, len, &record);
  assert(record.len == strlen(out) && record.len <= LOG_TEXT_MAX && record.cut <= len);
  check_clean(out, record.len);
  log_message_fold(out, record.len, folded);
  assert(strlen(folded) < LOG_PATTERN_TEXT_MAX);
  check_clean(folded, strlen(folded));
  check_fields(&record);
  check_filter(&record);
}

struct heard {
  uint64_t hash;
  size_t lines;
};

static void on_line(void *arg, const struct docker_line *line) {
  struct heard *heard = arg;
  assert(line->len <= DOCKER_LINE_MAX && strlen(line->stamp) < DOCKER_STAMP_MAX);
  assert(!memchr(line->text, '\n', line->len));
  heard->lines++;
  heard->hash = heard->hash * 31 + line->len + line->cut * 7 + (uint64_t)line->output;
  for (size_t i = 0; i < line->len; i++)
    heard->hash = heard->hash * 31 + (unsigned char)line->text[i];
}

static struct heard frames(const uint8_t *data, size_t size, size_t piece) {
  struct heard heard = {0};
  struct docker_lines *lines = docker_lines_new(on_line, &heard);
  for (size_t at = 0; at < size; at += piece)
    docker_lines_feed(lines, (const char *)data + at, size - at < piece ? size - at : piece);
  docker_lines_end(lines);
  docker_lines_free(lines);
  return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct heard whole = frames(data, size, size ? size : 1), bytes = frames(data, size, 1);
  assert(whole.hash == bytes.hash && whole.lines == bytes.lines);
  struct log_parser parser;
  log_parser_init(&parser, INT64_C(1795780800000), 1, true);
  for (const uint8_t *end = data + size; data < end;) {
    const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
    const size_t len = (size_t)((newline ? newline : end) - data);
    check_line(&parser, (const char *)data, len);
    data += len + 1;
    if (!newline)
      break;
  }
  return 0;
}
