/* A file that is written on a thread, because a disk may hang, and what became of it. */
#pragma once

#include "io/worker.h"

#include <stddef.h>

enum file_task_way {
  FILE_TASK_NEW,     /* an existing file is not changed, and a folder that is missing is an error:
                        the path was typed */
  FILE_TASK_REPLACE, /* as a whole, as file_save does; missing folders are created */
};

struct file_task {
  struct worker_task task; /* first; its owner is the caller's */
  enum file_task_way way;
  char *path, *text; /* owned */
  size_t length;
  size_t rows; /* in it, for what the caller says of it */
  bool saved;  /* otherwise err, and a file that was there is as before */
  struct err err;
  void (*done)(struct file_task *task); /* on the loop's thread; afterwards the task is freed */
};

/* text is taken. */
struct file_task *file_task_new(enum file_task_way way, const char *path, char *text, size_t length,
                                void (*done)(struct file_task *task), void *owner);
/* False with err: it was not started, and is freed. */
bool file_task_start(struct worker_pool *pool, struct file_task *task, struct err *err) MUST_CHECK;
void file_task_free(struct file_task *task); /* of one that was not started */
