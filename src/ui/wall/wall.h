/* The picture of `--wall`: for a display that is read from across a room. Large counts; the worst
 * finding, always and whole; the others in turn; what is well, dimmed; and a mark that moves with
 * every frame, so that a frozen picture is seen. */
#pragma once

#include "ui/draw/frame.h"
#include "ui/panes/layout.h"

enum {
  WALL_ROTATE_MS = 10000,
  WALL_IDLE_MS = 120000, /* then the panes give way to the wall again */
  WALL_GAP_MS = 5000,    /* two frames so far apart: the picture stood still */
  WALL_GAP_SHOWN_MS = 60000,
};

struct wall {
  bool on;
  int64_t rotate_ms;
  int64_t key_ms;             /* the last key; 0: none */
  int64_t drawn_ms;           /* the last frame; 0: none */
  int64_t gap_ms, gap_end_ms; /* the last time that it stood still; 0: never */
};

/* The frame is drawn now: notes whether the picture has stood still. */
void wall_note(struct wall *wall, int64_t now_ms);
/* Whether the panes were left alone long enough. */
bool wall_returns(const struct wall *wall, int64_t now_ms);
/* Below the header's first line and above the bottom line. */
void wall_draw(const struct wall *wall, const struct frame *frame, struct rect area);
/* Nothing is wrong and nothing unknown: all of it is dimmed. */
bool wall_is_calm(const struct frame *frame);
