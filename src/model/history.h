/* Past values of cells: fixed rings, found by target, table, row key and column. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
  HISTORY_LENGTH = 120,    /* values per ring: 4 minutes at 2 s */
  HISTORY_RINGS_MAX = 2048 /* per target; further rows have no history (cost: 1 MiB) */
};

struct history_ring {
  float values[HISTORY_LENGTH]; /* NAN if the value was not known */
  uint16_t next, count;
};

struct history;

struct history *history_new(void);
void history_free(struct history *history);
/* Appends to the ring of that cell, creating it if there is room, with NAN for each sample in which
 * the cell was missing. Call history_sweep after each sample and after each failed attempt: it
 * counts them and drops the rings of rows that have been missing for HISTORY_LENGTH of them. */
void history_add(struct history *history, size_t table, const char *key, size_t column,
                 float value);
void history_sweep(struct history *history);
/* NULL if there is none. */
const struct history_ring *history_find(const struct history *history, size_t table,
                                        const char *key, size_t column);
/* The age-th newest value (0: the newest), NAN beyond its end. */
float history_value(const struct history_ring *ring, size_t age);
