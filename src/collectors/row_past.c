#include "collectors/row_past.h"

#include "collectors/figures.h"
#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct past_cell {
  char *key;
  double counter;
  int64_t at_us;
  uint32_t turn; /* in which it was last seen */
};

void row_past_fini(struct row_past *past) {
  for (size_t i = 0; i < past->count; i++)
    free(past->items[i].key);
  free(past->items);
  map_fini(&past->cells);
  *past = (struct row_past){0};
}

void row_past_begin(struct row_past *past) {
  size_t kept = 0;
  for (size_t i = 0; i < past->count; i++) {
    if (past->items[i].turn == past->turn)
      past->items[kept++] = past->items[i];
    else
      free(past->items[i].key);
  }
  if (kept < past->count) {
    map_fini(&past->cells);
    for (size_t i = 0; i < kept; i++)
      map_add(&past->cells, past->items[i].key, i);
  }
  past->count = kept;
  past->turn++;
}

static struct past_cell *cell_add(struct row_past *past, char *key) {
  if (past->count == past->capacity) {
    past->capacity = past->capacity ? past->capacity * 2 : 64;
    past->items = mem_resize(past->items, past->capacity * sizeof *past->items);
  }
  assert(past->items);
  struct past_cell *cell = &past->items[past->count];
  *cell = (struct past_cell){.key = key};
  map_add(&past->cells, key, past->count++);
  return cell;
}

struct value row_past_rate_over(struct row_past *past, const char *table, const char *column,
                                const char *key, double counter, int64_t now_us, double *window_s) {
  char *name = mem_printf("%s/%s/%s", table, column, key); /* no id has a slash */
  const struct map_slot *found = map_find(&past->cells, name);
  struct value rate = value_none(FIGURES_NEED_TWO);
  struct past_cell *cell = found ? &past->items[found->value] : NULL;
  if (!cell && past->count == ROW_PAST_MAX) {
    free(name);
    return value_none("too many rows");
  }
  *window_s = cell && now_us > cell->at_us ? (double)(now_us - cell->at_us) / 1e6 : 0;
  if (cell && counter < cell->counter)
    rate = value_none("counters were reset");
  else if (cell && *window_s > 0)
    rate = value_real((counter - cell->counter) / *window_s);
  if (cell)
    free(name);
  else
    cell = cell_add(past, name);
  cell->counter = counter;
  cell->at_us = now_us;
  cell->turn = past->turn;
  return rate;
}

struct value row_past_rate(struct row_past *past, const char *table, const char *column,
                           const char *key, double counter, int64_t now_us) {
  double window_s;
  return row_past_rate_over(past, table, column, key, counter, now_us, &window_s);
}
