/* Copying inside tmux, which by default ignores the sequence of the program in a pane (OSC 52,
 * set-clipboard external): its own command puts the text into its buffer, and into the clipboard of
 * the terminal around it. */
#pragma once

#include "io/io.h"

struct dashboard_clip {
  struct child *child; /* the last one, while it runs */
};

/* Nothing outside tmux. A failure is not reported: the sequence was sent as well. */
void dashboard_clip(struct dashboard_clip *clip, struct io *io, const char *text);
void dashboard_clip_close(struct dashboard_clip *clip);
