#include "model/history.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A hash table of chains; each entry owns its key and ring. */
enum { BUCKETS = 512 };

struct entry {
  struct entry *next;
  size_t table, column;
  uint32_t touched; /* the sweep in which it last got a value */
  struct history_ring ring;
  char key[];
};

struct history {
  struct entry *buckets[BUCKETS];
  size_t count;
  uint32_t sweep;
};

struct history *history_new(void) {
  return mem_new(sizeof(struct history));
}

void history_free(struct history *history) {
  if (!history)
    return;
  for (size_t i = 0; i < BUCKETS; i++) {
    for (struct entry *entry = history->buckets[i], *next; entry; entry = next) {
      next = entry->next;
      free(entry);
    }
  }
  free(history);
}

/* FNV-1a over what identifies a cell. */
static size_t bucket_of(size_t table, const char *key, size_t column) {
  uint32_t hash = 2166136261u ^ (uint32_t)(table * 31 + column);
  for (; *key; key++)
    hash = (hash ^ (unsigned char)*key) * 16777619u;
  return hash % BUCKETS;
}

static struct entry *entry_find(const struct history *history, size_t table, const char *key,
                                size_t column) {
  struct entry *entry = history->buckets[bucket_of(table, key, column)];
  while (entry &&
         (entry->table != table || entry->column != column || strcmp(entry->key, key) != 0))
    entry = entry->next;
  return entry;
}

static struct entry *entry_new(struct history *history, size_t table, const char *key,
                               size_t column) {
  size_t length = strlen(key);
  struct entry *entry = mem_new(sizeof *entry + length + 1);
  memcpy(entry->key, key, length);
  entry->table = table;
  entry->column = column;
  struct entry **bucket = &history->buckets[bucket_of(table, key, column)];
  entry->next = *bucket;
  *bucket = entry;
  history->count++;
  return entry;
}

static void ring_add(struct history_ring *ring, float value) {
  ring->values[ring->next] = value;
  ring->next = (uint16_t)((ring->next + 1) % HISTORY_LENGTH);
  if (ring->count < HISTORY_LENGTH)
    ring->count++;
}

/* The samples in which the row was missing are a gap, as they were. */
static void ring_add_gap(struct history_ring *ring, uint32_t missed) {
  for (uint32_t i = 0; i < missed && i < HISTORY_LENGTH; i++)
    ring_add(ring, NAN);
}

void history_add(struct history *history, size_t table, const char *key, size_t column,
                 float value) {
  struct entry *entry = entry_find(history, table, key, column);
  if (!entry) {
    if (history->count >= HISTORY_RINGS_MAX)
      return;
    entry = entry_new(history, table, key, column);
    entry->touched = history->sweep;
  }
  if (history->sweep - entry->touched > 1)
    ring_add_gap(&entry->ring, history->sweep - entry->touched - 1);
  entry->touched = history->sweep;
  ring_add(&entry->ring, value);
}

void history_sweep(struct history *history) {
  history->sweep++;
  /* A whole walk on every sample would be waste: rows come and go slowly. */
  if (history->sweep % HISTORY_LENGTH != 0)
    return;
  for (size_t i = 0; i < BUCKETS; i++) {
    for (struct entry **link = &history->buckets[i]; *link;) {
      struct entry *entry = *link;
      if (history->sweep - entry->touched <= HISTORY_LENGTH) {
        link = &entry->next;
        continue;
      }
      *link = entry->next;
      free(entry);
      history->count--;
    }
  }
}

const struct history_ring *history_find(const struct history *history, size_t table,
                                        const char *key, size_t column) {
  const struct entry *entry = history ? entry_find(history, table, key, column) : NULL;
  return entry ? &entry->ring : NULL;
}

float history_value(const struct history_ring *ring, size_t age) {
  if (age >= ring->count)
    return NAN;
  return ring->values[(ring->next + HISTORY_LENGTH - 1 - age) % HISTORY_LENGTH];
}
