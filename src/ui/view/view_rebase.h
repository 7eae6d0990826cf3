/* A view whose model has another configuration, after a reload: the selection, filters, orders,
 * marks and pages stay with their targets, and what is being typed stays. */
#pragma once

#include "ui/view/view.h"

/* to: for each of the `count` targets before, its index now; SIZE_MAX: it is gone. options as in
 * view_new: its keys and the time of a wall's page. Draw afterwards. No page of the model and no
 * log is open. */
void view_rebase(struct view *view, const struct view_options *options, const size_t *to,
                 size_t count);
