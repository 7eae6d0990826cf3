#include "actions/kafka/kafka_csv.h"

#include "core/number.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { FIELDS_MAX = 4, FIELD_BYTES = 512 };

struct reader {
  const char *path, *group;
  int number;
  struct err *err;
};

static bool fail(const struct reader *reader, const char *what) {
  return err_set(reader->err, ERR_INVALID, "%.120s:%d: %s", reader->path, reader->number, what);
}

/* One field, quoted or not, up to the comma or the end; moves *at past it. */
static bool read_field(const char **at, const char *end, char out[FIELD_BYTES]) {
  size_t used = 0;
  bool quoted = *at < end && **at == '"';
  const char *from = *at + quoted;
  for (; from < end; from++) {
    if (quoted && *from == '"') {
      if (from + 1 == end || from[1] != '"')
        break;
      from++; /* two stand for one */
    } else if (!quoted && *from == ',') {
      break;
    }
    if (used + 1 == FIELD_BYTES)
      return false;
    out[used++] = *from;
  }
  out[used] = '\0';
  if (memchr(out, '\0', used))
    return false;
  if (quoted && (from == end || (++from < end && *from != ',')))
    return false;
  *at = from;
  return true;
}

static bool topic_is_valid(const char *name) {
  size_t length = strlen(name);
  if (length == 0 || length > KAFKA_CSV_TOPIC_MAX)
    return false;
  for (; *name; name++)
    if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
      return false;
  return true;
}

static bool split(const char *from, const char *end, char fields[FIELDS_MAX][FIELD_BYTES],
                  size_t *count) {
  for (*count = 0; *count < FIELDS_MAX;) {
    if (!read_field(&from, end, fields[*count]))
      return false;
    (*count)++;
    if (from == end)
      return true;
    from++; /* the comma */
  }
  return false;
}

/* *mine: the line is of this group. */
static bool read_line(const struct reader *reader, const char *from, const char *end,
                      struct kafka_csv_line *line, bool *mine) {
  char fields[FIELDS_MAX][FIELD_BYTES];
  size_t count;
  if (!split(from, end, fields, &count) || count < 3)
    return fail(reader, "not a line \"topic,partition,offset\"");
  size_t first = count - 3;
  *mine = first == 0 || strcmp(fields[0], reader->group) == 0;
  int64_t partition;
  if (!topic_is_valid(fields[first]))
    return fail(reader, "the topic name is missing");
  if (!number_count(fields[first + 1], &partition) || partition > INT32_MAX)
    return fail(reader, "the partition is missing or not a number");
  if (!number_count(fields[first + 2], &line->offset))
    return fail(reader, "the offset is missing or not a number");
  memcpy(line->topic, fields[first], strlen(fields[first]) + 1);
  line->partition = (int32_t)partition;
  return true;
}

bool kafka_csv_read(const char *path, const char *text, size_t len, const char *group,
                    kafka_csv_seen seen, void *arg, struct err *err) {
  struct reader reader = {.path = path, .group = group, .err = err};
  const char *end = text + len;
  while (text < end) {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *stop = newline ? newline : end;
    const char *last = stop > text && stop[-1] == '\r' ? stop - 1 : stop;
    struct kafka_csv_line line;
    bool mine = false;
    reader.number++;
    if (last > text && !read_line(&reader, text, last, &line, &mine))
      return false;
    if (mine && !seen(arg, &line, reader.number, err))
      return false;
    text = newline ? newline + 1 : end;
  }
  return true;
}
