#include "io/file/keep.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/file/keep_file.h"
#include "io/worker.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  SOON_MS = 100,
  ALIVE_MS = 30000, /* saved again although nothing is new: so long can its time be wrong */
  LOCK_MS = 1000,   /* between two looks whether the other one has ended */
  OPEN_MS = 10000,  /* then notifications begin although the state directory hangs */
  CLOSE_MS = 400,
};

struct keep {
  struct keep_options options;
  struct worker_pool *pool;
  uv_timer_t timer;
  struct keep_file *file; /* NULL: on a thread */
  enum keep_state state;
  struct keep_records old;  /* as read */
  struct keep_records kept; /* as it is to be on disk */
  int64_t begun_ms, paused_ms;
  bool locked, dirty, failing, left_out;
  bool closing, last_saved, timer_closed, pool_closed;
};

/* A way to the disk and back: the file is the thread's meanwhile. */
struct turn {
  struct worker_task task;
  struct keep_file *file;
  char *text; /* to write; NULL: to lock and read */
  enum keep_lock lock;
  int64_t holder;
  struct keep_records read;
  struct err err;
};

static void turn_free(struct turn *turn) {
  keep_file_free(turn->file);
  keep_records_fini(&turn->read);
  free(turn->text);
  free(turn);
}

static void turn_drop(struct worker_task *task) {
  turn_free((struct turn *)task);
}

static void turn_work(struct worker_task *task) {
  struct turn *turn = (struct turn *)task;
  bool good = true;
  turn->err = (struct err){0};
  if (turn->text) {
    good = keep_file_write(turn->file, turn->text, &turn->err);
  } else {
    turn->lock = keep_file_lock(turn->file, &turn->holder, &turn->err);
    if (turn->lock == KEEP_LOCK_OURS)
      good = keep_file_read(turn->file, &turn->read, &turn->err);
  }
  if (good && turn->lock != KEEP_LOCK_FAILED)
    turn->err.kind = ERR_NONE;
}

static void tell(const struct keep *keep, bool fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void tell(const struct keep *keep, bool fault, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (!keep->closing)
    keep->options.tell(keep->options.arg, fault, text);
}

void keep_tell(const struct keep *keep, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (keep)
    tell(keep, false, "%s", text);
}

/* ---- what came back */

static void forget_unknown(struct keep *keep) {
  size_t kept = 0;
  for (size_t i = 0; i < keep->old.count; i++) {
    struct keep_record *record = &keep->old.items[i];
    if (keep->options.knows(keep->options.arg, record->name)) {
      keep->old.items[kept++] = *record;
      keep_records_set(&keep->kept, record->name, record->text, NULL);
      continue;
    }
    tell(keep, false, "%.200s is no longer configured: what was remembered of it is forgotten",
         record->name);
    free(record->name);
    free(record->text);
  }
  keep->old.count = kept;
}

static void on_locked(struct keep *keep, struct turn *turn) {
  const bool late = keep->state == KEEP_NONE; /* others have begun without it */
  keep->locked = turn->lock == KEEP_LOCK_OURS;
  if (turn->lock == KEEP_LOCK_FAILED) {
    if (!late)
      tell(keep, true, "what is notified is not remembered: %s", turn->err.text);
    keep->state = KEEP_NONE;
    return;
  }
  if (turn->lock == KEEP_LOCK_OTHERS) {
    if (keep->state != KEEP_OTHERS && turn->holder > 0)
      tell(keep, false,
           "another stacktop watch of this configuration notifies (process %" PRId64
           "); this one takes over when it ends",
           turn->holder);
    else if (keep->state != KEEP_OTHERS)
      tell(keep, false,
           "another stacktop watch of this configuration notifies; this one takes over when it "
           "ends");
    keep->state = KEEP_OTHERS;
    return;
  }
  if (keep->state == KEEP_OTHERS)
    tell(keep, false, "the other stacktop watch has ended: this one notifies now");
  if (turn->err.kind != ERR_NONE)
    tell(keep, true, "what was notified before is not known: %s", turn->err.text);
  if (!late) {
    keep->old = turn->read;
    keep->paused_ms = clock_wall_ms() - keep->old.saved_ms;
    turn->read = (struct keep_records){0};
    forget_unknown(keep);
  }
  keep->state = KEEP_OURS;
  keep->dirty = true;
}

static void on_written(struct keep *keep, const struct err *err) {
  const bool failed = err->kind != ERR_NONE;
  if (failed && !keep->failing)
    tell(keep, true, "what is notified is not remembered: %s", err->text);
  else if (!failed && keep->failing)
    tell(keep, false, "what is notified is remembered again");
  keep->failing = failed;
  keep->dirty = keep->dirty || failed;
}

static void pool_close(struct keep *keep);
static void plan(struct keep *keep);
static void turn_start(struct keep *keep);

static void turn_done(struct worker_task *task) {
  struct turn *turn = (struct turn *)task;
  struct keep *keep = task->owner;
  const bool wrote = turn->text != NULL;
  keep->file = turn->file;
  turn->file = NULL;
  if (wrote)
    on_written(keep, &turn->err);
  else
    on_locked(keep, turn);
  turn_free(turn);
  if (!keep->closing) {
    plan(keep);
  } else if (keep->locked && !keep->last_saved) {
    keep->last_saved = true;
    turn_start(keep);
  } else {
    pool_close(keep);
  }
}

/* ---- when */

static void turn_start(struct keep *keep) {
  struct turn *turn = mem_new(sizeof *turn);
  struct err err;
  *turn = (struct turn){
      .task = {.work = turn_work, .done = turn_done, .drop = turn_drop, .owner = keep},
      .file = keep->file,
      .text = keep->locked ? keep_text_make(&keep->kept, clock_wall_ms()) : NULL};
  keep->dirty = false;
  keep->file = NULL;
  if (worker_start(keep->pool, &turn->task, &err))
    return;
  keep->dirty = true; /* no thread: later */
  keep->file = turn->file;
  turn->file = NULL;
  turn_free(turn);
  if (keep->closing)
    pool_close(keep);
  else
    plan(keep);
}

static void on_timer(uv_timer_t *timer) {
  struct keep *keep = timer->data;
  if (keep->state == KEEP_OPENING && clock_now_ms() - keep->begun_ms >= OPEN_MS) {
    keep->state = KEEP_NONE;
    tell(keep, true,
         "the state directory has not answered for %d s: what was notified before is "
         "not known",
         OPEN_MS / 1000);
  }
  if (keep->file && (keep->state != KEEP_NONE))
    turn_start(keep);
}

static void plan(struct keep *keep) {
  const uint64_t wait_ms = keep->state == KEEP_OPENING  ? SOON_MS
                           : keep->state == KEEP_OTHERS ? LOCK_MS
                           : !keep->dirty               ? ALIVE_MS
                           : keep->failing              ? 10 * LOCK_MS
                                                        : SOON_MS;
  if (!keep->closing)
    uv_timer_start(&keep->timer, on_timer, wait_ms, 0);
}

struct keep *keep_new(const struct keep_options *options) {
  struct keep *keep = mem_new(sizeof *keep);
  *keep = (struct keep){.options = *options, .begun_ms = clock_now_ms()};
  keep->file = keep_file_new(options->state, options->config);
  keep->options.state = keep->options.config = NULL;
  keep->pool = worker_pool_new(options->io, 1);
  worker_pool_keep_loop(keep->pool, false);
  uv_timer_init(options->io->loop, &keep->timer);
  uv_unref((uv_handle_t *)&keep->timer);
  keep->timer.data = keep;
  options->io->keep = keep;
  turn_start(keep);
  if (!keep->file)
    uv_timer_start(&keep->timer, on_timer, OPEN_MS, 0);
  return keep;
}

/* ---- reading and writing */

enum keep_state keep_state(const struct keep *keep) {
  return keep ? keep->state : KEEP_NONE;
}

const char *keep_get(const struct keep *keep, const char *name, int64_t *paused_ms) {
  const struct keep_record *record =
      keep && keep->state == KEEP_OURS ? keep_records_find(&keep->old, name) : NULL;
  *paused_ms = record && keep->paused_ms > 0 ? keep->paused_ms : 0;
  return record ? record->text : NULL;
}

void keep_put(struct keep *keep, const char *name, const char *text) {
  bool left_out;
  if (!keep || keep->state != KEEP_OURS)
    return;
  const bool changed = keep_records_set(&keep->kept, name, text, &left_out);
  if (left_out && !keep->left_out)
    tell(keep, true, "%.200s is too long to be remembered over a restart", name);
  keep->left_out = keep->left_out || left_out;
  if (!changed)
    return;
  keep->dirty = true;
  if (keep->file)
    plan(keep);
}

/* ---- the end */

static void keep_free(struct keep *keep) {
  if (!keep->timer_closed || !keep->pool_closed)
    return;
  keep_file_free(keep->file);
  keep_records_fini(&keep->old);
  keep_records_fini(&keep->kept);
  free(keep);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct keep *keep = handle->data;
  keep->timer_closed = true;
  keep_free(keep);
}

static void on_pool_closed(void *arg) {
  struct keep *keep = arg;
  keep->pool_closed = true;
  keep_free(keep);
}

static void pool_close(struct keep *keep) {
  struct worker_pool *pool = keep->pool;
  keep->pool = NULL;
  if (!pool)
    return;
  worker_pool_close(pool, on_pool_closed, keep);
  uv_close((uv_handle_t *)&keep->timer, on_timer_closed);
}

static void on_late(uv_timer_t *timer) {
  pool_close(timer->data);
}

void keep_close(struct keep *keep) {
  if (!keep)
    return;
  keep->closing = true;
  keep->options.io->keep = NULL;
  worker_pool_keep_loop(keep->pool, true);
  uv_ref((uv_handle_t *)&keep->timer);
  uv_timer_start(&keep->timer, on_late, CLOSE_MS, 0);
  if (!keep->file)
    return;
  if (!keep->locked) {
    pool_close(keep);
    return;
  }
  keep->last_saved = true;
  turn_start(keep);
}
