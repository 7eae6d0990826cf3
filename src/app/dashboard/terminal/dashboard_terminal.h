/* Opens the terminal of a dashboard with its theme. */
#pragma once

#include "app/dashboard/terminal/dashboard_theme.h"
#include "app/startup/options.h"
#include "model/config/config.h"
#include "ui/terminal/terminal.h"

/* NULL: it is said on standard error, and *status is the exit status. start: the theme and its
 * file. */
struct terminal *dashboard_terminal_open(const struct config *config, const struct options *options,
                                         struct dashboard_theme_start *start, int *status);
