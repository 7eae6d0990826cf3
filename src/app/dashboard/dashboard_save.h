/* Tables saved to files from the screen (REQUEST_SAVE). The file is written on a thread; what
 * became of it is said on the screen. An existing file is never changed. */
#pragma once

#include "io/worker.h"
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
void dashboard_save_close(struct dashboard_save *save);
