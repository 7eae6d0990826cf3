/* A wall display in the view (ui/wall/wall.h): it is left only on purpose, and comes back. */
#pragma once

#include "ui/view/keys/view_binding.h"

void view_wall_init(struct view *view, int64_t rotate_ms);
/* A frame is drawn: the wall comes back where no key was pressed for a while. */
void view_wall_sync(struct view *view, int64_t now_ms);
void view_wall_draw(struct view *view, const struct frame *frame);
/* The panes. */
struct request run_wall_leave(struct keys *keys, int argument);
/* Says in the bottom line what the keys are. */
void view_wall_hint(struct view *view);
/* Drops what one key would do by accident: quit (except by Ctrl-C) and suspend. */
struct request view_wall_guard(struct view *view, struct key key, struct request request);
