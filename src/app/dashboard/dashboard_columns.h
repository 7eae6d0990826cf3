/* The user's own file of columns (ui/table/columns_choice.h): columns in $XDG_CONFIG_HOME/stacktop,
 * else in ~/.config/stacktop. It is read at the start, and written on request
 * (REQUEST_COLUMNS_SAVE) on a thread. The team's configuration is never written. */
#pragma once

#include "app/dashboard/dashboard_save.h"
#include "ui/view/view.h"

/* Blocks for the disk: before the screen is opened. */
void dashboard_columns_load(struct view *view);
void dashboard_columns_save(struct dashboard_save *save, const char *text);
