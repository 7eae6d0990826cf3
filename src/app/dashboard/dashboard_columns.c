#include "app/dashboard/dashboard_columns.h"

#include "core/mem.h"
#include "io/file/file.h"
#include "io/file/file_save.h"
#include "ui/table/columns_choice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NULL: there is no place for it. */
static char *path_make(void) {
  const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  if (xdg && *xdg == '/')
    return mem_printf("%s/stacktop/columns", xdg);
  return home && *home == '/' ? mem_printf("%s/.config/stacktop/columns", home) : NULL;
}

void dashboard_columns_load(struct view *view) {
  char *path = path_make();
  struct file_text file;
  if (!path)
    return;
  file_read(path, COLUMN_CHOICES_BYTES_MAX, &file);
  view_columns_load(view, path, file.text, file.len);
  if (file.cut)
    view_notice(view, "The file of columns is too long: its end is ignored");
  file_text_fini(&file);
  free(path);
}

/* ---- writing */

struct task {
  struct worker_task task; /* first */
  char *path, *text;
  bool saved;
  struct err err;
};

/* The old file or the new one, never a part of one. */
static void task_work(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  char *fresh = mem_printf("%s.%ld.new", task->path, (long)getpid());
  unlink(fresh);
  task->saved = file_save_new(fresh, task->text, strlen(task->text), &task->err);
  if (task->saved && rename(fresh, task->path) != 0) {
    task->saved = err_set(&task->err, ERR_IO, "%.200s: %s", task->path, strerror(errno));
    unlink(fresh);
  }
  if (task->saved && file_sync_folder(task->path) != 0)
    task->saved = err_set(&task->err, ERR_IO, "%.200s: not on disk yet", task->path);
  free(fresh);
}

static void task_drop(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  free(task->path);
  free(task->text);
  free(task);
}

static void task_done(struct worker_task *worker) {
  const struct task *task = (const struct task *)worker;
  struct dashboard_save *save = worker->owner;
  char said[sizeof task->err.text + 32];
  if (task->saved)
    snprintf(said, sizeof said, "Saved the columns to %.200s", task->path);
  else
    snprintf(said, sizeof said, "Not saved: %s", task->err.text);
  save->say(save->arg, said);
  task_drop(worker);
}

void dashboard_columns_save(struct dashboard_save *save, const char *text) {
  struct err err;
  char *path = path_make();
  if (!path)
    return;
  struct task *task = mem_new(sizeof *task);
  task->task =
      (struct worker_task){.work = task_work, .done = task_done, .drop = task_drop, .owner = save};
  task->path = path;
  task->text = mem_dup(text);
  if (worker_start(save->pool, &task->task, &err))
    return;
  save->say(save->arg, "Not saved: earlier files are still being written");
  task_drop(&task->task);
}
