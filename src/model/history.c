#include "model/history.h"

#include "core/map.h"
#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A cell, by table, row and column. */
struct cell {
  size_t table, column;
  const char *key;
};

struct entry {
  struct cell cell; /* first: it is the key in the map */
  uint32_t touched; /* the sweep in which it last got a value */
  struct history_ring ring;
  char key[];
};

struct history {
  struct map cells; /* owns each entry */
  uint32_t sweep;
};

static uint64_t cell_hash(const void *key) {
  const struct cell *cell = key;
  return map_hash_text(map_hash_number(map_hash_number(MAP_HASH, cell->table), cell->column),
                       cell->key);
}

static bool cell_same(const void *a, const void *b) {
  const struct cell *x = a, *y = b;
  return x->table == y->table && x->column == y->column && strcmp(x->key, y->key) == 0;
}

struct history *history_new(void) {
  struct history *history = mem_new(sizeof *history);
  history->cells = (struct map){.hash = cell_hash, .same = cell_same};
  return history;
}

static bool drop_all(void *arg, const void *key, size_t value) {
  (void)arg;
  (void)value;
  free((struct entry *)key);
  return true;
}

void history_free(struct history *history) {
  if (!history)
    return;
  map_sweep(&history->cells, drop_all, NULL);
  map_fini(&history->cells);
  free(history);
}

static struct entry *entry_find(const struct history *history, size_t table, const char *key,
                                size_t column) {
  const struct map_slot *target_index =
      map_find(&history->cells, &(struct cell){table, column, key});
  return target_index ? (struct entry *)target_index->key : NULL;
}

static struct entry *entry_new(struct history *history, size_t table, const char *key,
                               size_t column) {
  size_t length = strlen(key);
  struct entry *entry = mem_new(sizeof *entry + length + 1);
  memcpy(entry->key, key, length);
  entry->cell = (struct cell){table, column, entry->key};
  map_add(&history->cells, entry, 0);
  return entry;
}

static void ring_add(struct history_ring *ring, float value) {
  ring->values[ring->next] = value;
  ring->next = (uint16_t)((ring->next + 1) % HISTORY_LENGTH);
  if (ring->count < HISTORY_LENGTH)
    ring->count++;
}

/* The samples without the row are a gap. */
static void ring_add_gap(struct history_ring *ring, uint32_t missed) {
  for (uint32_t i = 0; i < missed && i < HISTORY_LENGTH; i++)
    ring_add(ring, NAN);
}

void history_add(struct history *history, size_t table, const char *key, size_t column,
                 float value) {
  struct entry *entry = entry_find(history, table, key, column);
  if (!entry) {
    if (history->cells.count >= HISTORY_RINGS_MAX)
      return;
    entry = entry_new(history, table, key, column);
    entry->touched = history->sweep;
  }
  if (history->sweep - entry->touched > 1)
    ring_add_gap(&entry->ring, history->sweep - entry->touched - 1);
  entry->touched = history->sweep;
  ring_add(&entry->ring, value);
}

static bool drop_old(void *arg, const void *key, size_t value) {
  const struct history *history = arg;
  const struct entry *entry = key;
  (void)value;
  if (history->sweep - entry->touched <= HISTORY_LENGTH)
    return false;
  free((struct entry *)entry);
  return true;
}

void history_sweep(struct history *history) {
  history->sweep++;
  /* A complete walk on every sample would be wasteful: rows change slowly. */
  if (history->sweep % HISTORY_LENGTH == 0)
    map_sweep(&history->cells, drop_old, history);
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
