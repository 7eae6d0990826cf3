/* Keys that ask for something to be done, and marks. */
#pragma once

#include "ui/view/view_binding.h"

/* Whom an action would be called for now: the rows that are marked, else the selected one; where a
 * target is selected, or a page is about one, the target itself. What it borrows lives in the
 * frame's arena, the view and the model. False when there is nobody: an event, an empty pane. */
bool view_subject(const struct view *view, const struct frame *frame, struct subject *subject);

/* Whether the action has a key, and is for that subject: its rows, or its target. */
bool view_acts_on(const struct action_spec *spec, const struct model *model,
                  const struct subject *subject);

struct request run_mark(struct keys *keys, int argument);
struct request run_menu(struct keys *keys, int argument);
struct request run_command(struct keys *keys, int argument);
struct request run_front(struct keys *keys, int argument);
/* A key that no binding has. */
struct request act_by_key(struct keys *keys);
