/* Files that are saved from the screen: on a thread; what became of it is said on the screen. Those
 * of tables (REQUEST_SAVE) are new ones: an existing file is never changed. */
#pragma once

#include "io/file/file_task.h"
#include "model/action/request.h"
#include "model/model.h"

struct dashboard_save {
  struct worker_pool *pool;
  void (*say)(void *arg, const char *text);
  void *arg;
};

void dashboard_save_open(struct dashboard_save *save, struct io *io,
                         void (*say)(void *arg, const char *text), void *arg);
void dashboard_save_request(struct dashboard_save *save, const struct model *model,
                            const struct request *request);
/* Another file; the task, which is taken, says itself what becomes of it. Its owner is `save`. */
void dashboard_save_start(struct dashboard_save *save, struct file_task *task);
void dashboard_save_close(struct dashboard_save *save);
