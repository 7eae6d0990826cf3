#include "io/beacon.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/file/beacon_file.h"
#include "io/worker.h"

#include <stdlib.h>
#include <string.h>

struct beacon {
  struct worker_pool *pool;
  struct beacon_file *file; /* NULL: on a thread */
  char *said;               /* what was written last; NULL: nothing */
  int64_t said_ms;
};

/* A way to the disk and back: the file is the thread's meanwhile. */
struct turn {
  struct worker_task task; /* first */
  struct beacon_file *file;
  char *text; /* NULL: withdraw */
};

static void turn_free(struct turn *turn) {
  beacon_file_free(turn->file);
  free(turn->text);
  free(turn);
}

static void turn_drop(struct worker_task *task) {
  turn_free((struct turn *)task);
}

static void turn_work(struct worker_task *task) {
  struct turn *turn = (struct turn *)task;
  struct err err;
  if (!turn->text)
    beacon_file_withdraw(turn->file);
  else if (!beacon_file_write(turn->file, turn->text, &err))
    return; /* another one says it, or there is no place for it: `status` then checks itself */
}

static void turn_done(struct worker_task *task) {
  struct turn *turn = (struct turn *)task;
  struct beacon *beacon = turn->task.owner;
  beacon->file = turn->file;
  turn->file = NULL;
  turn_free(turn);
}

static void on_closed(void *arg) {
  (void)arg;
}

struct beacon *beacon_new(struct io *io, const char *fallback, const char *config) {
  struct beacon *beacon = mem_new(sizeof *beacon);
  beacon->pool = worker_pool_new(io, 1);
  worker_pool_keep_loop(beacon->pool, false);
  beacon->file = beacon_file_new(fallback, config);
  return beacon;
}

static bool is_said(const struct beacon *beacon, const char *text) {
  if (!text)
    return !beacon->said;
  return beacon->said && strcmp(beacon->said, text) == 0 &&
         clock_now_ms() - beacon->said_ms < BEACON_BEAT_MS;
}

void beacon_show(struct beacon *beacon, const char *text) {
  struct err err;
  if (!beacon->file || is_said(beacon, text))
    return;
  struct turn *turn = mem_new(sizeof *turn);
  *turn = (struct turn){
      .task = {.work = turn_work, .done = turn_done, .drop = turn_drop, .owner = beacon},
      .file = beacon->file,
      .text = text ? mem_dup(text) : NULL};
  beacon->file = NULL;
  free(beacon->said);
  beacon->said = text ? mem_dup(text) : NULL;
  beacon->said_ms = clock_now_ms();
  if (!worker_start(beacon->pool, &turn->task, &err))
    turn_done(&turn->task); /* no thread now: with the next beat */
}

void beacon_close(struct beacon *beacon) {
  if (!beacon)
    return;
  worker_pool_close(beacon->pool, on_closed, NULL);
  beacon_file_free(beacon->file);
  free(beacon->said);
  free(beacon);
}
