/* Makes the view of a dashboard: at the start, and again when the configuration was reloaded. */
#pragma once

#include "app/startup/options.h"
#include "model/config/config.h"
#include "ui/view/view.h"

/* user, and the keys of config, are borrowed until the view is freed. */
struct view *dashboard_view_new(const struct options *options, const char *user,
                                const struct config *config);
