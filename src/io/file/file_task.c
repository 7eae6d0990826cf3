#include "io/file/file_task.h"

#include "core/mem.h"
#include "io/file/file_save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A folder that is missing is a typing error: it is not created. */
static bool folder_check(const char *path, struct err *err) {
  char *own = mem_dup(path), *slash = strrchr(own, '/');
  struct stat status;
  bool good = true;
  if (slash && slash != own) {
    *slash = '\0';
    if (stat(own, &status) != 0)
      good = err_set(err, ERR_IO, "%.180s: %s", own, strerror(errno));
  }
  free(own);
  return good;
}

static void task_work(struct worker_task *worker) {
  struct file_task *task = (struct file_task *)worker;
  if (task->way == FILE_TASK_REPLACE)
    task->saved = file_save(task->path, task->text, task->length, &task->err);
  else
    task->saved = folder_check(task->path, &task->err) &&
                  file_save_new(task->path, task->text, task->length, &task->err);
}

void file_task_free(struct file_task *task) {
  free(task->path);
  free(task->text);
  free(task);
}

static void task_drop(struct worker_task *worker) {
  file_task_free((struct file_task *)worker);
}

static void task_done(struct worker_task *worker) {
  struct file_task *task = (struct file_task *)worker;
  task->done(task);
  file_task_free(task);
}

struct file_task *file_task_new(enum file_task_way way, const char *path, char *text, size_t length,
                                void (*done)(struct file_task *task), void *owner) {
  struct file_task *task = mem_new(sizeof *task);
  *task = (struct file_task){
      .task = {.work = task_work, .done = task_done, .drop = task_drop, .owner = owner},
      .way = way,
      .path = mem_dup(path),
      .text = text,
      .length = length,
      .done = done};
  return task;
}

bool file_task_start(struct worker_pool *pool, struct file_task *task, struct err *err) {
  if (worker_start(pool, &task->task, err))
    return true;
  file_task_free(task);
  return false;
}
