#include "operate/incident/incident_recorder.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 2000, SOON_MS = 200 };

/* A round on its way: the desk is the thread's meanwhile. */
struct turn {
  struct worker_task task;
  struct incident_desk *desk;
  struct incident_seen seen;
  bool leaving;
};

struct incident_recorder {
  struct incident_recorder_options options;
  struct worker_pool *pool;
  uv_timer_t tick;
  struct incident_desk *desk; /* NULL: on a thread */
  bool has_state, paused, again, closing, timer_closed, pool_closed;
  bool had_news;        /* the model was evaluated since the last round */
  uint64_t events_seen; /* changes up to here are recorded, or were before any incident */
  struct incident_brief briefs[INCIDENTS_OPEN_MAX];
  struct err errs[INCIDENTS_OPEN_MAX];
  size_t count;
  bool history; /* each of them has its history */
  char used[INCIDENT_ID_MAX];
  struct incident_brief brief;
};

static void turn_free(struct turn *turn) {
  incident_desk_free(turn->desk);
  incident_seen_fini(&turn->seen);
  free(turn);
}

static void turn_work(struct worker_task *task) {
  struct turn *turn = (struct turn *)task;
  if (turn->leaving)
    incident_desk_leave(turn->desk, turn->seen.now_ms);
  else
    incident_round(turn->desk, &turn->seen);
}

static void turn_drop(struct worker_task *task) {
  turn_free((struct turn *)task);
}

static void on_tick(uv_timer_t *timer);

static void plan_tick(struct incident_recorder *recorder, uint64_t ms) {
  if (!recorder->closing)
    uv_timer_start(&recorder->tick, on_tick, ms, TICK_MS);
}

/* ---- what came of it */

static void brief_choose(struct incident_recorder *recorder) {
  size_t at = 0;
  for (size_t i = 0; i < recorder->count; i++) {
    const bool chosen = strcmp(recorder->briefs[i].id, recorder->used) == 0;
    if (chosen) {
      at = i;
      break;
    }
    if (strcmp(recorder->briefs[i].id, recorder->briefs[at].id) > 0)
      at = i;
  }
  recorder->brief = (struct incident_brief){0};
  if (recorder->count == 0)
    return;
  recorder->brief = recorder->briefs[at];
  recorder->brief.others = recorder->count - 1;
  recorder->brief.lost = recorder->errs[at].kind != ERR_NONE;
}

static void desk_read(struct incident_recorder *recorder, const struct incident_desk *desk) {
  recorder->count = desk->count;
  recorder->history = true;
  for (size_t i = 0; i < desk->count; i++) {
    incident_brief_make(&recorder->briefs[i], &desk->slots[i].book->incident);
    recorder->errs[i] = desk->slots[i].err;
    recorder->history = recorder->history && desk->slots[i].book->incident.history;
  }
  brief_choose(recorder);
}

static void closed_part(struct incident_recorder *recorder);

static void leave(struct incident_recorder *recorder);

static void turn_done(struct worker_task *task) {
  struct turn *turn = (struct turn *)task;
  struct incident_recorder *recorder = task->owner;
  const bool blind = turn->seen.blind, left = turn->leaving;
  recorder->desk = turn->desk;
  turn->desk = NULL;
  turn_free(turn);
  if (recorder->closing) {
    if (!left)
      leave(recorder);
    closed_part(recorder);
    return;
  }
  desk_read(recorder, recorder->desk);
  if (recorder->again || (blind && recorder->count > 0 && !recorder->paused))
    plan_tick(recorder, 0);
  recorder->again = false;
  recorder->options.changed(recorder->options.arg);
}

/* ---- the rounds */

static bool turn_start(struct incident_recorder *recorder, bool leaving) {
  struct turn *turn = mem_new(sizeof *turn);
  struct err err;
  const struct model *model = recorder->options.model;
  const int64_t now_ms = clock_now_ms(), clock_ms = clock_wall_offset_ms();
  turn->task = (struct worker_task){
      .work = turn_work, .done = turn_done, .drop = turn_drop, .owner = recorder};
  turn->leaving = leaving;
  turn->seen =
      (struct incident_seen){.blind = true, .now_ms = now_ms + clock_ms, .clock_ms = clock_ms};
  if (!leaving && !recorder->paused && recorder->count > 0 && recorder->had_news) {
    incident_seen_make(&turn->seen, model, &recorder->desk->self, recorder->events_seen,
                       !recorder->history, now_ms);
    recorder->had_news = false;
  }
  if (recorder->count == 0 || !turn->seen.blind)
    recorder->events_seen = model->events.total;
  turn->desk = recorder->desk;
  if (worker_start(recorder->pool, &turn->task, &err)) {
    recorder->desk = NULL;
    return true;
  }
  turn->desk = NULL;
  turn_free(turn);
  return false;
}

static void on_tick(uv_timer_t *timer) {
  struct incident_recorder *recorder = timer->data;
  if (recorder->desk)
    (void)turn_start(recorder, false);
}

struct incident_recorder *incident_recorder_new(const struct incident_recorder_options *options) {
  struct incident_recorder *recorder = mem_new(sizeof *recorder);
  *recorder = (struct incident_recorder){.options = *options, .had_news = true};
  recorder->pool = worker_pool_new(options->io, 2);
  worker_pool_keep_loop(recorder->pool, false);
  uv_timer_init(options->io->loop, &recorder->tick);
  uv_unref((uv_handle_t *)&recorder->tick);
  recorder->tick.data = recorder;
  recorder->options.state = NULL; /* borrowed for the call */
  recorder->has_state = options->state != NULL;
  if (options->state) {
    recorder->desk = incident_desk_new(options->state, options->place);
    plan_tick(recorder, 0);
  }
  return recorder;
}

void incident_recorder_see(struct incident_recorder *recorder) {
  recorder->had_news = true;
  if (recorder->count > 0 && uv_timer_get_due_in(&recorder->tick) > SOON_MS)
    plan_tick(recorder, SOON_MS);
}

void incident_recorder_wake(struct incident_recorder *recorder) {
  recorder->again = !recorder->desk;
  recorder->had_news = true;
  plan_tick(recorder, 0);
}

void incident_recorder_pause(struct incident_recorder *recorder, bool paused) {
  recorder->paused = paused;
}

const struct incident_brief *incident_recorder_brief(const struct incident_recorder *recorder,
                                                     struct err *err) {
  *err = (struct err){0};
  for (size_t i = 0; i < recorder->count; i++)
    if (strcmp(recorder->briefs[i].id, recorder->brief.id) == 0)
      *err = recorder->errs[i];
  return &recorder->brief;
}

void incident_recorder_use(struct incident_recorder *recorder, const char *id) {
  snprintf(recorder->used, sizeof recorder->used, "%s", id);
  brief_choose(recorder);
}

/* ---- the end */

static void recorder_free(struct incident_recorder *recorder) {
  if (!recorder->timer_closed || !recorder->pool_closed)
    return;
  incident_desk_free(recorder->desk);
  free(recorder);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct incident_recorder *recorder = handle->data;
  recorder->timer_closed = true;
  recorder_free(recorder);
}

static void on_pool_closed(void *arg) {
  struct incident_recorder *recorder = arg;
  recorder->pool_closed = true;
  recorder_free(recorder);
}

static void pool_close(struct incident_recorder *recorder) {
  struct worker_pool *pool = recorder->pool;
  recorder->pool = NULL;
  if (pool)
    worker_pool_close(pool, on_pool_closed, recorder);
  if (pool)
    uv_close((uv_handle_t *)&recorder->tick, on_timer_closed);
}

/* The desk came back. */
static void closed_part(struct incident_recorder *recorder) {
  if (recorder->desk)
    pool_close(recorder);
}

static void on_late(uv_timer_t *timer) {
  pool_close(timer->data);
}

static void leave(struct incident_recorder *recorder) {
  if (recorder->count > 0)
    (void)turn_start(recorder, true);
}

void incident_recorder_close(struct incident_recorder *recorder) {
  enum { CLOSE_MS = 400 };
  if (!recorder)
    return;
  recorder->closing = true;
  worker_pool_keep_loop(recorder->pool, true);
  if (recorder->desk)
    leave(recorder);
  if (!recorder->has_state || recorder->desk) {
    pool_close(recorder);
    return;
  }
  uv_ref((uv_handle_t *)&recorder->tick);
  uv_timer_start(&recorder->tick, on_late, CLOSE_MS, 0);
}
