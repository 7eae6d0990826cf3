/* A pane whose model has other targets, after a reload: what it keeps follows its target. */
#pragma once

#include "ui/panes/pane.h"

/* to: for each of the `count` targets before, its index now; SIZE_MAX: it is gone. */
struct pane_moves {
  const size_t *to;
  size_t count;
};
/* SIZE_MAX: the target is gone. */
size_t pane_moved(const struct pane_moves *moves, size_t target_index);

/* The selection, the marks and the tables of each target; filter and order stay. Rows that were
 * opened or closed by hand stay so unless a target has another index now. */
void pane_rebase(struct pane *pane, const struct pane_moves *moves);
