#include "ui/panes/pane_rebase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t pane_moved(const struct pane_moves *moves, size_t target_index) {
  return target_index < moves->count ? moves->to[target_index] : SIZE_MAX;
}

static bool all_stay(const struct pane_moves *moves) {
  for (size_t i = 0; i < moves->count; i++)
    if (moves->to[i] != i)
      return false;
  return true;
}

/* "3/series" is the table of the target 3 alone (pane_table_of); false: that one is gone. */
static bool table_move(struct pane_table *table, const struct pane_moves *moves) {
  char *end, id[sizeof table->memory.table], *name = table->memory.table;
  const size_t index = strtoul(name, &end, 10);
  if (end == name || *end != '/')
    return true;
  const size_t now = pane_moved(moves, index);
  snprintf(id, sizeof id, "%zu%.24s", now, end);
  memcpy(name, id, sizeof id);
  return now != SIZE_MAX;
}

static void tables_move(struct pane *pane, const struct pane_moves *moves) {
  size_t kept = 0;
  for (size_t i = 0; i < pane->table_count; i++) {
    if (table_move(pane->tables[i], moves))
      pane->tables[kept++] = pane->tables[i];
    else
      free(pane->tables[i]);
  }
  pane->table_count = kept;
}

void pane_rebase(struct pane *pane, const struct pane_moves *moves) {
  pane->drawn_count = 0;
  if (all_stay(moves))
    return;
  pane->selection.target_index = pane_moved(moves, pane->selection.target_index);
  if (!marks_are_targets(&pane->marks)) {
    pane->marks.target_index = pane_moved(moves, pane->marks.target_index);
    if (pane->marks.target_index == SIZE_MAX)
      marks_clear(&pane->marks);
  }
  pane->toggle_count = pane->toggle_next = 0; /* their identity has the index */
  memset(pane->charted, 0, sizeof pane->charted);
  tables_move(pane, moves);
}
