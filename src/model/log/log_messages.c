#include "core/map.h"
#include "core/mem.h"
#include "model/log/log_counts.h"
#include "model/log/log_fields.h"

#include <stdlib.h>
#include <string.h>

struct entry {
  struct log_message message;
  char pattern[LOG_PATTERN_TEXT_MAX], example[LOG_PATTERN_TEXT_MAX];
};

struct log_messages {
  struct map by_pattern; /* to the index in entries */
  struct entry *entries[LOG_PATTERNS_MAX];
  size_t count;
  uint64_t other;
  const struct log_message *sorted[LOG_PATTERNS_MAX];
};

struct log_messages *log_messages_new(void) {
  return mem_new(sizeof(struct log_messages));
}

void log_messages_clear(struct log_messages *messages) {
  map_fini(&messages->by_pattern);
  for (size_t i = 0; i < messages->count; i++)
    free(messages->entries[i]);
  messages->count = 0;
  messages->other = 0;
}

void log_messages_free(struct log_messages *messages) {
  if (!messages)
    return;
  log_messages_clear(messages);
  free(messages);
}

/* The one to give up for a new one: the rarest, of equal ones that which was seen the longest ago.
 */
static size_t rarest(const struct log_messages *messages) {
  size_t found = 0;
  for (size_t i = 1; i < messages->count; i++) {
    const struct log_message *message = &messages->entries[i]->message;
    const struct log_message *best = &messages->entries[found]->message;
    if (message->count < best->count ||
        (message->count == best->count && message->last_ms < best->last_ms))
      found = i;
  }
  return found;
}

static struct entry *entry_new(struct log_messages *messages, const char *pattern) {
  size_t index = messages->count;
  struct entry *entry;
  if (index < LOG_PATTERNS_MAX) {
    entry = messages->entries[index] = mem_new(sizeof *entry);
    messages->count++;
  } else {
    index = rarest(messages);
    entry = messages->entries[index];
    messages->other += entry->message.count;
    map_remove(&messages->by_pattern, entry->pattern);
  }
  memcpy(entry->pattern, pattern, sizeof entry->pattern);
  entry->message = (struct log_message){.pattern = entry->pattern, .example = entry->example};
  map_add(&messages->by_pattern, entry->pattern, index);
  return entry;
}

static void text_cut(char out[LOG_PATTERN_TEXT_MAX], const char *text, size_t len) {
  if (len >= LOG_PATTERN_TEXT_MAX) {
    len = LOG_PATTERN_TEXT_MAX - 1;
    while (len > 0 && (text[len] & 0xC0) == 0x80)
      len--;
  }
  memcpy(out, text, len);
  out[len] = '\0';
}

void log_messages_add(struct log_messages *messages, const struct log_record *record) {
  char pattern[LOG_PATTERN_TEXT_MAX] = "";
  struct log_fields fields;
  const char *text = record->text;
  size_t len = record->len;
  if (record->continued)
    return; /* a frame of a stack is no message */
  if (record->json && log_fields_read(&fields, text, len)) {
    const char *message = log_fields_message(&fields);
    text = message ? message : text;
    len = message ? strlen(message) : len;
  }
  log_message_fold(text, len, pattern);
  const struct map_slot *slot = map_find(&messages->by_pattern, pattern);
  struct entry *entry = slot ? messages->entries[slot->value] : entry_new(messages, pattern);
  struct log_message *message = &entry->message;
  if (message->count == 0 || record->time_ms < message->first_ms)
    message->first_ms = record->time_ms;
  if (message->count == 0 || record->time_ms >= message->last_ms) {
    message->last_ms = record->time_ms;
    text_cut(entry->example, text, len);
  }
  message->count++;
  if (record->level > message->level)
    message->level = record->level;
}

static int compare(const void *a, const void *b) {
  const struct log_message *left = *(const struct log_message *const *)a;
  const struct log_message *right = *(const struct log_message *const *)b;
  if (left->count != right->count)
    return left->count > right->count ? -1 : 1;
  if (left->last_ms != right->last_ms)
    return left->last_ms > right->last_ms ? -1 : 1;
  return strcmp(left->pattern, right->pattern);
}

const struct log_message *const *log_messages_top(struct log_messages *messages, size_t *count) {
  for (size_t i = 0; i < messages->count; i++)
    messages->sorted[i] = &messages->entries[i]->message;
  if (messages->count > 0)
    qsort(messages->sorted, messages->count, sizeof *messages->sorted, compare);
  *count = messages->count;
  return messages->sorted;
}

uint64_t log_messages_other(const struct log_messages *messages) {
  return messages->other;
}
