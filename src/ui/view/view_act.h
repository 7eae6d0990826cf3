/* Keys that start actions, marks, and details. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* The subject of an action now: the marked rows, otherwise the selected one; where a target is
 * selected, or a page shows one, the target itself. Borrows from the frame's arena, the view and
 * the model. False when there is none: an event, an empty pane. */
bool view_subject(const struct view *view, const struct frame *frame, struct subject *subject);

/* Whether the action has a key, and applies to that kind of subject: its rows, or its target. */
bool view_acts_on(const struct action_spec *spec, const struct model *model,
                  const struct subject *subject);

/* Whether it can be done for that subject now, as far as is known: it applies, changes are allowed
 * if it makes one, and the menu would offer it. It needs no key. */
bool view_act_is_possible(const struct action_spec *spec, const struct model *model,
                          const struct subject *subject);

/* Details of the selected row. */
struct request run_detail(struct keys *keys, int argument);
/* The history of a figure of the selected row, or of the row whose details are shown. */
struct request run_chart(struct keys *keys, int argument);
/* The next or previous figure that has one. */
struct request run_chart_step(struct keys *keys, int step);
struct request run_mark(struct keys *keys, int argument);
/* All rows of the selected row's table that are shown at its level; again: none of them. */
struct request run_mark_all(struct keys *keys, int argument);
struct request run_menu(struct keys *keys, int argument);
struct request run_front(struct keys *keys, int argument);
/* Whether an action of the selected target's kind has the key. */
bool act_has_key(const struct keys *keys);
/* The request for the action on the selection; a notice says why there is none. */
struct request act_request(struct keys *keys, const struct action_spec *spec);
/* A key without a binding. */
struct request act_by_key(struct keys *keys);
