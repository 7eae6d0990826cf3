/* Exercises how people's words and files for Kafka's offsets are read: places in a log, and lines
 * topic,partition,offset. Holds: an accepted line has a name that Kafka accepts, no number below 0,
 * and is the same when it is written and read again; a rejected one says why; a place is never a
 * negative offset. */
#include "fuzz.h"

#include "actions/kafka/kafka_csv.h"
#include "actions/kafka/kafka_to.h"

#include <stdio.h>
#include <string.h>

static bool on_same(void *arg, const struct kafka_csv_line *line, int number, struct err *err) {
  const struct kafka_csv_line *before = arg;
  (void)err;
  assert(number == 1 && strcmp(line->topic, before->topic) == 0);
  assert(line->partition == before->partition && line->offset == before->offset);
  return true;
}

static bool on_line(void *arg, const struct kafka_csv_line *line, int number, struct err *err) {
  int *last = arg;
  char text[400];
  struct err why = {0};
  (void)err;
  assert(number > *last);
  assert(line->topic[0] && line->partition >= 0 && line->offset >= 0);
  *last = number;
  int len = snprintf(text, sizeof text, "%s,%d,%lld\n", line->topic, line->partition,
                     (long long)line->offset);
  struct kafka_csv_line copy = *line;
  assert(kafka_csv_read("again", text, (size_t)len, "", on_same, &copy, &why));
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char word[64];
  struct kafka_to to;
  struct err err = {0};
  int last = 0;
  if (!kafka_csv_read("file", (const char *)data, size, "group", on_line, &last, &err))
    assert(err.text[0]);
  size_t len = size < sizeof word ? size : sizeof word - 1;
  memcpy(word, data, len);
  word[len] = '\0';
  if (!kafka_to_parse(word, 1795579200000, &to, &err))
    assert(err.text[0]);
  else
    assert(to.kind == KAFKA_TO_SHIFT || to.number >= 0 || to.kind == KAFKA_TO_TIME);
  return 0;
}
