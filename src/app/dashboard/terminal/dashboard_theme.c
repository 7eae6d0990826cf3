#include "app/dashboard/terminal/dashboard_theme.h"

#include "app/startup/theme_file.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 4, SETTLE_MS = 100, SAID_MAX = 320 };

struct task {
  struct worker_task task; /* first */
  char *name;
  struct theme theme;
  char *path;
  bool loaded;
  struct err err;
};

static void task_work(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  task->loaded = theme_load(&task->theme, task->name, &task->path, &task->err);
}

static void task_drop(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  free(task->name);
  free(task->path);
  free(task);
}

static void task_done(struct worker_task *worker);

static void theme_read(struct dashboard_theme *theme, const char *name) {
  struct task *task = mem_new(sizeof *task);
  struct err err = {0};
  task->task =
      (struct worker_task){.work = task_work, .done = task_done, .drop = task_drop, .owner = theme};
  task->name = name ? mem_dup(name) : NULL;
  if (worker_start(theme->pool, &task->task, &err))
    return;
  theme->hooks.say(theme->hooks.arg, err.text);
  task_drop(&task->task);
}

static void on_settled(uv_timer_t *timer) {
  struct dashboard_theme *theme = timer->data;
  theme_read(theme, theme->name);
}

static void settle(struct dashboard_theme *theme) {
  uv_update_time(theme->settle.loop);
  uv_timer_start(&theme->settle, on_settled, SETTLE_MS, 0);
}

static void on_file(uv_fs_event_t *event, const char *name, int events, int status) {
  (void)name;
  (void)events;
  if (status == 0)
    settle(event->data);
}

static void on_folder(uv_fs_event_t *event, const char *name, int events, int status) {
  struct dashboard_theme *theme = event->data;
  (void)events;
  if (status == 0 && (!name || strcmp(name, strrchr(theme->path, '/') + 1) == 0))
    settle(theme);
}

/* Where inotify has no watch left, the theme only does not follow. */
static void path_watch(struct dashboard_theme *theme) {
  uv_fs_event_stop(&theme->folder);
  uv_fs_event_stop(&theme->file);
  if (!theme->path)
    return;
  char *folder = mem_dup(theme->path);
  *strrchr(folder, '/') = '\0';
  (void)uv_fs_event_start(&theme->folder, on_folder, folder, 0);
  (void)uv_fs_event_start(&theme->file, on_file, theme->path, 0);
  free(folder);
}

static void task_take(struct dashboard_theme *theme, struct task *task) {
  char said[SAID_MAX];
  const bool same = theme->name && task->name && strcmp(theme->name, task->name) == 0;
  if (same && memcmp(&theme->shown, &task->theme, sizeof theme->shown) != 0) {
    snprintf(said, sizeof said, "Theme \"%.40s\" reloaded", task->name);
    theme->hooks.say(theme->hooks.arg, said);
  }
  theme->shown = task->theme;
  terminal_theme(theme->terminal, &theme->shown);
  free(theme->name);
  free(theme->path);
  theme->name = task->name;
  theme->path = task->path;
  task->name = task->path = NULL;
  path_watch(theme);
}

static void task_done(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  struct dashboard_theme *theme = worker->owner;
  if (task->loaded) {
    task_take(theme, task);
  } else {
    char said[SAID_MAX];
    const char *text = task->err.text; /* without the folder: the line of the error must fit */
    if (task->path && strncmp(text, task->path, strlen(task->path)) == 0)
      text += strrchr(task->path, '/') + 1 - task->path;
    snprintf(said, sizeof said, "The theme stays as it is: %s", text);
    theme->hooks.say(theme->hooks.arg, said);
  }
  theme->hooks.changed(theme->hooks.arg);
  task_drop(worker);
}

void dashboard_theme_open(struct dashboard_theme *theme, struct io *io, struct terminal *terminal,
                          const struct dashboard_theme_start *start,
                          const struct dashboard_theme_hooks *hooks) {
  *theme = (struct dashboard_theme){
      .terminal = terminal,
      .hooks = *hooks,
      .pool = worker_pool_new(io, AT_ONCE),
      .shown = start->theme,
      .name = start->name ? mem_dup(start->name) : NULL,
      .path = start->path,
      .follows = theme_followed(start->name, false) ? mem_dup(start->name) : NULL};
  worker_pool_keep_loop(theme->pool, false);
  uv_fs_event_init(io->loop, &theme->folder);
  uv_fs_event_init(io->loop, &theme->file);
  uv_timer_init(io->loop, &theme->settle);
  theme->folder.data = theme->file.data = theme->settle.data = theme;
  path_watch(theme);
}

void dashboard_theme_choose(struct dashboard_theme *theme, const char *name) {
  const char *followed = theme_followed(name, terminal_scheme(theme->terminal) == SCHEME_LIGHT);
  free(theme->follows);
  theme->follows = followed ? mem_dup(name) : NULL;
  theme->scheme = terminal_scheme(theme->terminal);
  theme_read(theme, followed && theme->scheme != SCHEME_UNKNOWN ? followed : name);
}

void dashboard_theme_follow(struct dashboard_theme *theme) {
  const enum scheme scheme = terminal_scheme(theme->terminal);
  if (!theme->follows || scheme == theme->scheme)
    return;
  theme->scheme = scheme;
  theme_read(theme, theme_followed(theme->follows, scheme == SCHEME_LIGHT));
}

static void on_closed(void *arg) {
  (void)arg;
}

void dashboard_theme_close(struct dashboard_theme *theme) {
  uv_close((uv_handle_t *)&theme->folder, NULL);
  uv_close((uv_handle_t *)&theme->file, NULL);
  uv_close((uv_handle_t *)&theme->settle, NULL);
  worker_pool_close(theme->pool, on_closed, NULL);
  free(theme->name);
  free(theme->path);
  free(theme->follows);
}
