#include "app/alarm/alarm_follow.h"

#include "core/mem.h"
#include "io/worker.h"
#include "operate/alarm/alarm_file.h"

#include <stdlib.h>

enum { TICK_MS = 1000 };

struct alarm_follow {
  struct alarm_follow_options options;
  struct worker_pool *pool;
  uv_timer_t tick;
  char *path;
  struct alarm_file_state seen;
  struct alarm_marks marks;
  bool busy, again, failing, closing, timer_closed, pool_closed;
};

/* A look at the file. */
struct look {
  struct worker_task task;
  char *path;
  struct alarm_file_state seen;
  struct alarm_marks marks;
  bool fresh, good;
  struct err err;
};

static void look_free(struct look *look) {
  alarm_marks_fini(&look->marks);
  free(look->path);
  free(look);
}

static void look_work(struct worker_task *task) {
  struct look *look = (struct look *)task;
  look->good = alarm_file_look(look->path, &look->seen, &look->marks, &look->fresh, &look->err);
}

static void look_drop(struct worker_task *task) {
  look_free((struct look *)task);
}

/* A file that cannot be read is looked at again: it may be written by a newer program. */
static void fail(struct alarm_follow *follow, const struct err *err) {
  follow->seen.known = false;
  if (follow->failing)
    return;
  follow->failing = true;
  alarm_marks_fini(&follow->marks);
  follow->options.changed(follow->options.arg, &follow->marks);
  follow->options.failed(follow->options.arg, err);
}

static void look_done(struct worker_task *task) {
  struct look *look = (struct look *)task;
  struct alarm_follow *follow = task->owner;
  follow->busy = false;
  if (!look->good) {
    fail(follow, &look->err);
  } else {
    follow->seen = look->seen;
    if (follow->failing)
      follow->options.failed(follow->options.arg, NULL);
    follow->failing = false;
  }
  if (look->good && look->fresh) {
    alarm_marks_fini(&follow->marks);
    follow->marks = look->marks;
    look->marks = (struct alarm_marks){0};
    follow->options.changed(follow->options.arg, &follow->marks);
  }
  look_free(look);
  if (follow->again)
    alarm_follow_wake(follow);
}

void alarm_follow_wake(struct alarm_follow *follow) {
  struct err err;
  if (!follow || follow->closing)
    return;
  follow->again = follow->busy;
  if (follow->busy)
    return;
  struct look *look = mem_new(sizeof *look);
  *look = (struct look){
      .task = {.work = look_work, .done = look_done, .drop = look_drop, .owner = follow},
      .path = mem_dup(follow->path),
      .seen = follow->seen};
  follow->busy = worker_start(follow->pool, &look->task, &err);
  if (follow->busy)
    return;
  look_free(look);
  fail(follow, &err);
}

static void on_tick(uv_timer_t *timer) {
  struct alarm_follow *follow = timer->data;
  if (!follow->busy)
    alarm_follow_wake(follow);
}

struct alarm_follow *alarm_follow_new(const struct alarm_follow_options *options) {
  struct alarm_follow *follow = mem_new(sizeof *follow);
  follow->options = *options;
  follow->options.state = NULL;
  follow->path = alarm_file_path(options->state);
  follow->pool = worker_pool_new(options->io, 1);
  worker_pool_keep_loop(follow->pool, false);
  uv_timer_init(options->io->loop, &follow->tick);
  follow->tick.data = follow;
  uv_timer_start(&follow->tick, on_tick, TICK_MS, TICK_MS);
  uv_unref((uv_handle_t *)&follow->tick);
  alarm_follow_wake(follow);
  return follow;
}

static void follow_free(struct alarm_follow *follow) {
  if (!follow->timer_closed || !follow->pool_closed)
    return;
  alarm_marks_fini(&follow->marks);
  free(follow->path);
  free(follow);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct alarm_follow *follow = handle->data;
  follow->timer_closed = true;
  follow_free(follow);
}

static void on_pool_closed(void *arg) {
  struct alarm_follow *follow = arg;
  follow->pool_closed = true;
  follow_free(follow);
}

void alarm_follow_close(struct alarm_follow *follow) {
  if (!follow)
    return;
  follow->closing = true;
  uv_close((uv_handle_t *)&follow->tick, on_timer_closed);
  worker_pool_close(follow->pool, on_pool_closed, follow);
}
