/* The places of the panes.
 *
 * Wide screens have two or three columns of panes, narrow ones a stack, and small ones one pane at
 * a time with a line of tabs. Within a column the height is shared by need, the lines that show
 * what is wrong first; what no pane needs is for charts, and the rest for the events. */
#pragma once

#include "ui/panes/pane.h"

enum {
  LAYOUT_PANES_MAX = 32,
  LAYOUT_TWO_COLUMNS = 76,
  LAYOUT_THREE_COLUMNS = 240,
  LAYOUT_COLUMN_LEAST = 38, /* a column more, where the panes would otherwise be too low */
};

struct layout {
  bool arranged; /* by the configuration */
  bool tabs;     /* one at a time; rects[0] is its place */
  int columns;
  struct rect rects[LAYOUT_PANES_MAX];
  unsigned looks[LAYOUT_PANES_MAX]; /* PANE_TOP, PANE_BOTTOM */
};

/* Rows of panes, by their index, with weights. */
struct layout_places {
  int weight;
  size_t panes[LAYOUT_PANES_MAX];
  int weights[LAYOUT_PANES_MAX];
  size_t count;
};
/* As the configuration arranges them; false if a pane would be too small to be read. */
bool layout_arrange(struct layout *layout, struct rect area, const struct layout_places *rows,
                    size_t count);

/* Columns and their widths depend only on the size and the number of panes: widths are available
 * before the needs are known. */
void layout_columns(struct layout *layout, struct rect area, size_t count);
/* Then the heights. */
void layout_rows(struct layout *layout, struct rect area, const struct pane_need *needs,
                 size_t count);
