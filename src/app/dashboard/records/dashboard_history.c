#include "app/dashboard/records/dashboard_history.h"

#include "core/mem.h"
#include "core/secret.h"
#include "core/text/mask.h"
#include "core/text/words.h"
#include "io/file/file.h"
#include "io/file/file_save.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum {
  AT_ONCE = 4,
  FILE_MAX = 64 << 10, /* bytes; of a file that has become longer only the last lines are kept */
  LINES_KEPT = 200,
};

struct task {
  struct worker_task task; /* first */
  char *path, *line;       /* line: to be added; NULL: the file is read */
  struct file_text read;
};

static void task_drop(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  file_text_fini(&task->read);
  free(task->path);
  free(task->line);
  free(task);
}

static void write_all(int fd, const char *text, size_t length) {
  while (length > 0) {
    const ssize_t count = write(fd, text, length);
    if (count <= 0)
      return;
    text += count;
    length -= (size_t)count;
  }
}

/* One write of a whole line at the end: several dashboards may share the file. */
static void line_append(const struct task *task) {
  if (file_make_folders(task->path) != 0)
    return;
  const int fd = open(task->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return;
  write_all(fd, task->line, strlen(task->line));
  close(fd);
}

static const char *last_lines(const struct file_text *file) {
  const char *at = file->text + file->len;
  size_t lines = 0;
  while (at > file->text && lines <= LINES_KEPT)
    lines += *--at == '\n';
  return at > file->text ? at + 1 : at;
}

/* Of a file that has become too long only the last lines are kept. */
static void file_shorten(const struct task *task) {
  const char *rest = last_lines(&task->read);
  const int fd = open(task->path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return;
  if (!task->read.cut)
    write_all(fd, rest, strlen(rest));
  close(fd);
}

static void task_work(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  if (task->line) {
    line_append(task);
    return;
  }
  file_read(task->path, FILE_MAX, &task->read);
  if (task->read.text && (task->read.cut || task->read.len > FILE_MAX / 2))
    file_shorten(task);
}

static void task_done(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  const struct dashboard_history *history = worker->owner;
  char *rest = task->read.text ? (char *)last_lines(&task->read) : NULL;
  for (char *line; rest && (line = strsep(&rest, "\n"));)
    if (*line)
      history->add(history->arg, line);
  task_drop(worker);
}

/* line: with its end; taken. */
static void task_start(struct dashboard_history *history, char *line) {
  struct task *task = mem_new(sizeof *task);
  struct err ignored;
  *task = (struct task){
      .task = {.work = task_work, .done = task_done, .drop = task_drop, .owner = history},
      .path = mem_dup(history->path),
      .line = line};
  if (!worker_start(history->pool, &task->task, &ignored))
    task_drop(&task->task);
}

void dashboard_history_open(struct dashboard_history *history, struct io *io, const char *state,
                            void (*add)(void *arg, const char *line), void *arg) {
  *history = (struct dashboard_history){.add = add, .arg = arg};
  history->pool = worker_pool_new(io, AT_ONCE);
  worker_pool_keep_loop(history->pool, false);
  if (!state)
    return;
  history->path = mem_printf("%s/commands-%u", state, (unsigned)getuid());
  task_start(history, NULL);
}

static bool has_secret_param(const char *word, const struct action_spec *spec) {
  const size_t length = strcspn(word, "=");
  if (!word[length])
    return false;
  char *name = mem_printf("%.*s", (int)length, word);
  const int index = spec ? action_param(spec, name) : -1;
  const bool secret =
      name_is_secret(name) || (index >= 0 && spec->params[index].type == OPTION_SECRET);
  free(name);
  return secret;
}

static bool looks_secret(const char *line) {
  size_t length = strlen(line);
  char *masked = mask_likely(line, &length);
  const bool differs = length != strlen(line) || memcmp(masked, line, length) != 0;
  free(masked);
  return differs;
}

bool history_line_is_private(const char *line, const struct action_spec *const *specs) {
  struct err ignored;
  size_t count = 0;
  bool found = looks_secret(line);
  char **words = words_split(line, &count, &ignored);
  const struct action_spec *spec = NULL;
  for (; words && count > 0 && specs && *specs && !spec; specs++)
    spec = strcmp((*specs)->id, words[0]) == 0 ? *specs : NULL;
  for (size_t i = 1; words && i < count && !found; i++)
    found = has_secret_param(words[i], spec);
  free(words);
  return found;
}

void dashboard_history_put(struct dashboard_history *history, const struct model *model,
                           const char *line) {
  if (!*line || strchr(line, '\n') || history_line_is_private(line, model->operations.specs))
    return;
  history->add(history->arg, line);
  if (history->path)
    task_start(history, mem_printf("%s\n", line));
}

static void on_closed(void *arg) {
  (void)arg;
}

void dashboard_history_close(struct dashboard_history *history) {
  worker_pool_close(history->pool, on_closed, NULL);
  free(history->path);
  history->path = NULL;
}
