/* Keys for the rows of the focused pane: filter, sort order, tree. */
#pragma once

#include "ui/view/keys/view_binding.h"

struct request run_filter(struct keys *keys, int argument);
/* The next (1) or previous (-1) match of the filter; without one, the next finding. */
struct request run_match(struct keys *keys, int direction);
/* Opens the row of a tree; closes it, or goes to its parent. */
struct request run_open(struct keys *keys, int argument);
struct request run_close(struct keys *keys, int argument);
struct request run_sort(struct keys *keys, int step);
struct request run_invert(struct keys *keys, int argument);

static inline bool is_tree_row(const struct line *line) {
  return line && line->kind == LINE_ROW && line->row.children > 0;
}
