#include "actions/step_file.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/file/file.h"
#include "io/worker.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MS = 10000 };

struct reading_task {
  struct worker_task task; /* first */
  char *path;
  struct file_text file;
};

struct reading {
  struct step_part part; /* first */
  struct step *step;
  struct worker_pool *pool;
  struct reading_task *done; /* with what was read; NULL: not yet */
};

static void task_free(struct worker_task *worker_task) {
  struct reading_task *task = (struct reading_task *)worker_task;
  file_text_fini(&task->file);
  free(task->path);
  free(task);
}

static void on_closed(void *arg) {
  free(arg);
}

static void close_reading(struct step_part *part) {
  struct reading *reading = (struct reading *)part;
  if (reading->done)
    task_free(&reading->done->task);
  reading->done = NULL;
  worker_pool_close(reading->pool, on_closed, reading);
}

static void work(struct worker_task *worker_task) {
  struct reading_task *task = (struct reading_task *)worker_task;
  file_read(task->path, STEP_FILE_MAX, &task->file);
}

static void on_done(struct worker_task *task) {
  struct reading *reading = task->owner;
  reading->done = (struct reading_task *)task;
  step_wake(reading->step);
}

static const char *text_of(struct step *step, const char *path, const struct file_text *file) {
  if (!file->text) {
    step_fail(step, ERR_INVALID, "cannot read %s: %s", path, file->err.text);
    return NULL;
  }
  if (file->cut || memchr(file->text, '\0', file->len)) {
    step_fail(step, ERR_INVALID, "%s is not a text of at most %d kB", path, STEP_FILE_MAX >> 10);
    return NULL;
  }
  return arena_text(&step->arena, file->text, file->len);
}

const char *step_file(struct step *step, const char *path) {
  const int64_t until_ms = clock_now_ms() + FILE_MS;
  if (step->dropped) {
    step_wait(step, 0);
    return NULL;
  }
  struct reading *reading = mem_new(sizeof *reading);
  struct reading_task *task = mem_new(sizeof *task);
  task->task =
      (struct worker_task){.work = work, .done = on_done, .drop = task_free, .owner = reading};
  task->path = mem_dup(path);
  reading->part = (struct step_part){.close = close_reading};
  reading->step = step;
  reading->pool = worker_pool_new(step->call->io, 1);
  step_add(step, &reading->part);
  if (!worker_start(reading->pool, &task->task, &step->err)) {
    task_free(&task->task);
    return NULL;
  }
  while (!reading->done && !step->cancelled && clock_now_ms() < until_ms)
    if (!step_wait(step, until_ms))
      return NULL;
  const char *text = NULL;
  if (reading->done)
    text = text_of(step, path, &reading->done->file);
  else
    step_fail(step, ERR_TIMEOUT, "%s could not be read in time", path);
  step_remove(step, &reading->part);
  close_reading(&reading->part);
  return text;
}
