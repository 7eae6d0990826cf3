#include "app/dashboard/dashboard_reload.h"

#include "app/startup/startup.h"
#include "app/startup/theme_file.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOOK_MS = 2000 };

struct task {
  struct worker_task task; /* first */
  const struct options *options;
  const struct app_schema *schema;
  struct config *config; /* NULL: it has errors */
  char *why;
  struct dashboard_columns columns;
};

struct dashboard_reload_file {
  uv_fs_poll_t poll; /* first */
  struct dashboard_reload *owner;
  struct dashboard_reload_file *next;
};

static void task_work(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  task->config = startup_reload(task->options, task->schema, &task->why);
  dashboard_columns_read(&task->columns);
}

static void task_drop(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  config_free(task->config);
  dashboard_columns_fini(&task->columns);
  free(task->why);
  free(task);
}

static void task_done(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  struct dashboard_reload *reload = worker->owner;
  reload->loading = false;
  if (reload->again) {
    dashboard_reload_begin(reload);
  } else if (task->config) {
    struct config *config = task->config;
    task->config = NULL;
    reload->hooks.loaded(reload->hooks.arg, config, &task->columns);
    task->columns = (struct dashboard_columns){0};
  } else {
    reload->hooks.failed(reload->hooks.arg, task->why);
  }
  task_drop(worker);
}

void dashboard_reload_begin(struct dashboard_reload *reload) {
  struct err err;
  reload->again = reload->loading;
  if (reload->loading)
    return;
  struct task *task = mem_new(sizeof *task);
  *task = (struct task){
      .task = {.work = task_work, .done = task_done, .drop = task_drop, .owner = reload},
      .options = reload->options,
      .schema = &reload->schema};
  reload->loading = worker_start(reload->pool, &task->task, &err);
  if (reload->loading)
    return;
  reload->hooks.failed(reload->hooks.arg, err.text);
  task_drop(&task->task);
}

/* ---- the files */

static void on_file_closed(uv_handle_t *handle) {
  free(handle);
}

static void files_close(struct dashboard_reload *reload) {
  for (struct dashboard_reload_file *file = reload->files, *next; file; file = next) {
    next = file->next;
    uv_close((uv_handle_t *)&file->poll, on_file_closed);
  }
  reload->files = NULL;
}

/* Also when it can no longer be read: a reload would say so. */
static void on_file_changed(uv_fs_poll_t *poll, int status, const uv_stat_t *before,
                            const uv_stat_t *now) {
  struct dashboard_reload *reload = ((struct dashboard_reload_file *)poll)->owner;
  (void)status;
  (void)before;
  (void)now;
  files_close(reload);
  reload->hooks.changed(reload->hooks.arg);
}

void dashboard_reload_watch(struct dashboard_reload *reload, const struct config *config) {
  files_close(reload);
  for (size_t i = 0; i < config->file_count; i++) {
    struct dashboard_reload_file *file = mem_new(sizeof *file);
    uv_fs_poll_init(reload->io->loop, &file->poll);
    file->owner = reload;
    file->next = reload->files;
    reload->files = file;
    uv_fs_poll_start(&file->poll, on_file_changed, config->files[i], LOOK_MS);
  }
}

void dashboard_reload_open(struct dashboard_reload *reload, struct io *io,
                           const struct options *options, const struct config *config,
                           const struct dashboard_reload_hooks *hooks) {
  *reload = (struct dashboard_reload){.io = io, .options = options, .hooks = *hooks};
  app_schema_init(&reload->schema);
  reload->schema.schema.theme_check = theme_check;
  reload->pool = worker_pool_new(io, 1);
  dashboard_reload_watch(reload, config);
}

static void on_pool_closed(void *arg) {
  (void)arg;
}

void dashboard_reload_close(struct dashboard_reload *reload) {
  files_close(reload);
  worker_pool_close(reload->pool, on_pool_closed, reload);
}

const char *dashboard_reload_waits(const struct model *model, bool away, bool evidence,
                                   bool paused) {
  const struct operations *operations = &model->operations;
  if (operations->count > 0 || operations->front || operations->menu)
    return "the action is over and its dialog closed";
  if (model->logs)
    return "the logs are closed";
  if (model->page_count > 0)
    return "the page is closed";
  if (away)
    return "the runbook has ended";
  if (evidence)
    return "the evidence of the incident is complete";
  return paused ? "the pause ends" : NULL;
}

void dashboard_reload_text(char out[DASHBOARD_RELOAD_MAX], const struct config *config,
                           const struct config *old, const struct options *options, size_t kept) {
  char changes[DASHBOARD_CHANGES_MAX];
  snprintf(out, DASHBOARD_RELOAD_MAX,
           "reloaded%s; %zu target%s as before, %zu new or changed, %zu gone",
           dashboard_changes_text(changes, config, old, options), kept, kept == 1 ? "" : "s",
           config->target_count - kept, old->target_count - kept);
}
