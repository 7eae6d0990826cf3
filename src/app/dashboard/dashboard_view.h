/* Makes the view of a dashboard, and gives it another configuration when that was reloaded. */
#pragma once

#include "app/startup/options.h"
#include "model/config/config.h"
#include "ui/view/view.h"

struct view *dashboard_view_new(const struct options *options, const char *user,
                                const struct config *config);
/* The selection, filters and pages stay with the targets of the same kind and name. */
void dashboard_view_rebase(struct view *view, const struct options *options, const char *user,
                           const struct config *config, const struct config *old);
