/* Exercises how Memcached's answers are read: where an answer ends, in pieces and whole, and its
 * words. Holds: a complete answer ends with a line break, and keeps its length when more follows;
 * names and values are within it; it is either an answer or an error with words; a number is never
 * below -1. */
#include "fuzz.h"

#include "clients/memcached/memcached.h"
#include "core/number.h"

static bool within(const char *bytes, size_t length, const char *text) {
  return !*text || (text >= bytes && text + strlen(text) <= bytes + length);
}

static void check_answer(const char *bytes, size_t length) {
  struct memcached_answer answer;
  struct err err = {0};
  char *copy = malloc(length);
  memcpy(copy, bytes, length);
  bool good = memcached_answer_read(copy, length, &answer, &err);
  assert(good || *err.text);
  assert(answer.count <= MEMCACHED_STATS_MAX && within(copy, length, answer.last));
  for (size_t i = 0; i < answer.count; i++) {
    int64_t count;
    assert(within(copy, length, answer.stats[i].name));
    assert(within(copy, length, answer.stats[i].value));
    assert(memcached_stat(&answer, answer.stats[i].name));
    assert(!number_count(answer.stats[i].value, &count) || count >= 0);
  }
  assert(!memcached_says(answer.last, "END") || !memcached_says(answer.last, "EN"));
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *bytes = (const char *)data;
  for (size_t at = 0; at < size;) { /* one answer after the other */
    size_t length = memcached_answer_length(bytes + at, size - at);
    if (length == 0)
      break;
    assert(length <= size - at && bytes[at + length - 1] == '\n');
    assert(memcached_answer_length(bytes + at, length) == length);
    assert(memcached_answer_length(bytes + at, length - 1) == 0);
    check_answer(bytes + at, length);
    at += length;
  }
  return 0;
}
