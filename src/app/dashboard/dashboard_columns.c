#include "app/dashboard/dashboard_columns.h"

#include "core/mem.h"
#include "io/file/file.h"
#include "ui/table/columns_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL: there is no place for it. */
static char *path_make(void) {
  const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  if (xdg && *xdg == '/')
    return mem_printf("%s/stacktop/columns", xdg);
  return home && *home == '/' ? mem_printf("%s/.config/stacktop/columns", home) : NULL;
}

void dashboard_columns_read(struct dashboard_columns *columns) {
  *columns = (struct dashboard_columns){.path = path_make()};
  if (columns->path)
    file_read(columns->path, COLUMN_CHOICES_BYTES_MAX, &columns->file);
}

void dashboard_columns_show(const struct dashboard_columns *columns, struct view *view) {
  const struct file_text *file = &columns->file;
  if (!columns->path)
    return;
  view_columns_load(view, columns->path, file->text, file->len);
  if (file->cut)
    view_notice(view, "The file of columns is too long: its end is ignored");
}

void dashboard_columns_fini(struct dashboard_columns *columns) {
  file_text_fini(&columns->file);
  free(columns->path);
  *columns = (struct dashboard_columns){0};
}

static void task_done(struct file_task *task) {
  struct dashboard_save *save = task->task.owner;
  char said[sizeof task->err.text + 64];
  if (task->saved)
    snprintf(said, sizeof said, "Saved the columns to %.200s", task->path);
  else
    snprintf(said, sizeof said, "Columns not saved, the file is as before: %s", task->err.text);
  save->say(save->arg, said);
}

void dashboard_columns_save(struct dashboard_save *save, const char *text) {
  char *path = path_make();
  if (path)
    dashboard_save_start(
        save, file_task_new(FILE_TASK_REPLACE, path, mem_dup(text), strlen(text), task_done, save));
  free(path);
}
