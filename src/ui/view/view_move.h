/* Keys that move: the selection, the focus, and from page to page. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* `lines` down, or up if it is negative, in whatever has the keys. */
struct request run_move(struct keys *keys, int lines);
/* A page down (1) or up (-1); half of one. */
struct request run_page(struct keys *keys, int direction);
struct request run_half_page(struct keys *keys, int direction);
/* The pane whose number was pressed, the next one. */
struct request run_focus_number(struct keys *keys, int argument);
struct request run_focus_step(struct keys *keys, int step);
struct request run_zoom(struct keys *keys, int argument);
/* One step back. */
struct request run_back(struct keys *keys, int argument);
struct request run_help(struct keys *keys, int argument);
