/* What was drawn on which line of the screen, for a click: the identity of an item of a list. The
 * list may have changed since, so that a click never means another item than the one that was seen.
 * Panes keep their own (pane.h). */
#pragma once

#include "ui/draw/frame.h"

#include <string.h>

struct hit {
  bool there;
  int64_t at; /* with id: what identifies it in its list */
  uint64_t id;
};

struct hits {
  struct hit lines[CANVAS_SIDE_MAX];
};

/* Nothing is on the first `height` lines. */
static inline void hits_clear(struct hits *hits, int height) {
  memset(hits->lines, 0,
         (size_t)(height < CANVAS_SIDE_MAX ? height : CANVAS_SIDE_MAX) * sizeof *hits->lines);
}

/* Notes that the item takes `count` lines from y on. Without frame->hits: nothing. */
static inline void hit_add(const struct frame *frame, int y, int count, int64_t at, uint64_t id) {
  for (int line = y; frame->hits && line < y + count; line++)
    if (line >= 0 && line < CANVAS_SIDE_MAX)
      frame->hits->lines[line] = (struct hit){true, at, id};
}
