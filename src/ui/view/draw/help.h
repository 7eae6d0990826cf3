/* The help, and its search. */
#pragma once

#include "ui/view/keys/view_binding.h"

void help_draw(struct view *view, const struct frame *frame, struct rect area);
/* As a binding: begins to type what is searched for. */
struct request run_help_search(struct keys *keys, int argument);
/* A key while it is typed; true when it belonged to the text. Other keys are handled as usual. */
bool help_key(struct view *view, struct key key);
/* What is typed, in the bottom line. */
void help_draw_typing(const struct view *view, const struct frame *frame, int y);
