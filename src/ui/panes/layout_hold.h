/* Keeps panes where they are.
 *
 * Needs change all the time; the screen must not. A pane that has become worse, or has many more
 * lines than before, gets its place at once. Otherwise, a pane that lacks lines waits for
 * LAYOUT_HOLD_MS, so that all that follows from one change is one movement, and space that is only
 * for charts is shared again after LAYOUT_IDLE_MS. */
#pragma once

#include "ui/panes/layout.h"

enum {
  LAYOUT_HOLD_MS = 60000,
  LAYOUT_IDLE_MS = 300000,
  LAYOUT_YOUNG_MS = 30000, /* at first, and while answers are awaited, nothing waits */
  LAYOUT_MANY = 4,         /* lines that a pane lacks do not wait */
};

struct layout_hold {
  struct layout layout; /* on the screen, in that area */
  struct rect area;
  size_t count; /* panes; 0: nothing is held */
  enum severity severities[LAYOUT_PANES_MAX];
  int64_t begun_ms;
  int64_t differs_ms; /* since when another one would fit better; 0: it would not */
};

/* Targets were added or removed, or have not answered yet. */
static inline void layout_hold_drop(struct layout_hold *hold) {
  hold->count = 0;
}
/* layout: for the needs as they are now; becomes the one to draw. */
void layout_settle(struct layout_hold *hold, struct layout *layout, struct rect area,
                   const struct pane_need *needs, size_t count, int64_t now_ms);
