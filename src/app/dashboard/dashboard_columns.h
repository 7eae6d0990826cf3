/* The user's own file of columns (ui/table/columns_choice.h): columns in $XDG_CONFIG_HOME/stacktop,
 * else in ~/.config/stacktop. It is read at the start and with each reload, and written on request
 * (REQUEST_COLUMNS_SAVE) on a thread. The team's configuration is never written. */
#pragma once

#include "app/dashboard/dashboard_save.h"
#include "io/file/file.h"
#include "ui/view/view.h"

struct dashboard_columns {
  char *path; /* NULL: there is no place for it */
  struct file_text file;
};

/* Blocks for the disk: before the screen is opened, or on a thread. */
void dashboard_columns_read(struct dashboard_columns *columns);
void dashboard_columns_show(const struct dashboard_columns *columns, struct view *view);
void dashboard_columns_fini(struct dashboard_columns *columns);
void dashboard_columns_save(struct dashboard_save *save, const char *text);
