#include "events/event_recorder.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "events/event_over.h"
#include "events/event_round.h"
#include "io/clock.h"
#include "io/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TICK_MS = 3000,
  SOON_MS = 150,
  AGAIN_MS = 5000,
  HUNG_MS = 15000,
  CLOSE_MS = 400,
  CAUSES_MAX = 64
};

/* A round on its way: the desk is the thread's meanwhile. */
struct turn {
  struct worker_task task;
  struct event_desk *desk;
  struct event_round round;
};

/* A finding that others are under, as it was last recorded. */
struct cause {
  uint64_t name;
  size_t caused;
};

struct event_recorder {
  struct event_recorder_options options;
  struct worker_pool *pool;
  uv_timer_t tick;
  struct event_desk *desk; /* NULL: on a thread, or there is no state */
  struct event_limits limits;
  bool recording, closing, timer_closed, pool_closed, hung;
  int64_t started_ms; /* of the round that is on its way */
  uint64_t taken;     /* events of the model up to here are in `waiting` or written */
  struct event_batch waiting;
  size_t lost; /* beyond what can wait */
  struct cause causes[CAUSES_MAX];
  size_t cause_count;
  char trouble[EVENT_NOTICE_MAX];
};

static void turn_free(struct turn *turn) {
  event_desk_free(turn->desk);
  event_batch_fini(&turn->round.batch);
  event_orphans_fini(&turn->round.orphans);
  free(turn);
}

static void turn_work(struct worker_task *task) {
  struct turn *turn = (struct turn *)task;
  event_round_run(turn->desk, &turn->round);
}

static void turn_drop(struct worker_task *task) {
  turn_free((struct turn *)task);
}

static void on_tick(uv_timer_t *timer);

static void plan_tick(struct event_recorder *recorder, uint64_t ms) {
  if (!recorder->closing)
    uv_timer_start(&recorder->tick, on_tick, ms, TICK_MS);
}

/* ---- what a person has to know */

static void trouble_set(struct event_recorder *recorder, const char *text) {
  const bool was = *recorder->trouble;
  char said[EVENT_NOTICE_MAX + 64];
  snprintf(recorder->trouble, sizeof recorder->trouble, "%s", text ? text : "");
  if (text && !was) {
    snprintf(said, sizeof said, "events are not recorded: %s", text);
    recorder->options.say(recorder->options.arg, SEVERITY_WARN, said);
  } else if (!text && was) {
    recorder->options.say(recorder->options.arg, SEVERITY_OK, "events are recorded again");
  }
}

/* ---- what waits */

static void waiting_add(struct event_recorder *recorder, const struct event *event) {
  if (recorder->waiting.count >= EVENT_BATCH_MAX)
    recorder->lost++;
  else
    event_batch_add_event(&recorder->waiting, event, recorder->options.mask,
                          clock_wall_offset_ms());
}

/* Before what came meanwhile. */
static void waiting_give_back(struct event_recorder *recorder, struct event_batch *batch) {
  for (size_t i = 0; i < recorder->waiting.count; i++) {
    const struct event_item *item = &recorder->waiting.items[i];
    if (batch->count < EVENT_BATCH_MAX)
      event_batch_add(batch, item->op, &item->record, NULL);
    else
      recorder->lost++;
  }
  event_batch_fini(&recorder->waiting);
  recorder->waiting = *batch;
  *batch = (struct event_batch){0};
}

static void lost_add(struct event_recorder *recorder) {
  char count[FORMAT_MAX], text[FORMAT_MAX + 80];
  if (recorder->lost == 0 || recorder->waiting.count >= EVENT_BATCH_MAX)
    return;
  format_counted(count, sizeof count, (int64_t)recorder->lost, "event", "events");
  snprintf(text, sizeof text, "%s of the time before could not be recorded", count);
  event_batch_add(&recorder->waiting, EVENT_OP_MOMENT,
                  &(struct event_record){.kind = EVENT_KIND_STACKTOP,
                                         .at_ms = clock_wall_ms(),
                                         .severity = SEVERITY_WARN,
                                         .subject = "stacktop",
                                         .text = text},
                  NULL);
  recorder->lost = 0;
}

/* ---- findings that explain others */

static uint64_t cause_name(const struct finding *finding) {
  const uint64_t hash = map_hash_number(MAP_HASH, finding->target_index);
  return map_hash_text(map_hash_text(map_hash_text(hash, finding->table), finding->row),
                       finding->column);
}

/* How many it was known to explain; 0: it is new. */
static size_t caused_before(const struct event_recorder *recorder, uint64_t name) {
  for (size_t i = 0; i < recorder->cause_count; i++)
    if (recorder->causes[i].name == name)
      return recorder->causes[i].caused;
  return 0;
}

static void cause_add(struct event_recorder *recorder, const struct finding *finding) {
  const struct target *target = recorder->options.model->targets[finding->target_index].target;
  event_batch_add(
      &recorder->waiting, EVENT_OP_FOLDS,
      &(struct event_record){.kind = EVENT_KIND_FINDING,
                             .target_kind = target->kind->kind,
                             .target = target->name,
                             .table = finding->table,
                             .row = finding->row,
                             .column = finding_is_outage(finding) ? NULL : finding->column,
                             .folded = (int64_t)finding->caused},
      NULL);
}

/* Those beyond CAUSES_MAX are left out: the findings under them are recorded nowhere else. */
static void causes_see(struct event_recorder *recorder) {
  const struct findings *findings = recorder->options.model->findings;
  struct cause now[CAUSES_MAX];
  size_t count = 0;
  for (size_t i = 0; i < findings->count && count < CAUSES_MAX; i++) {
    const struct finding *finding = &findings->items[i];
    if (finding->caused == 0)
      continue;
    const uint64_t name = cause_name(finding);
    const size_t before = caused_before(recorder, name);
    if (finding->caused > before && recorder->waiting.count < EVENT_BATCH_MAX)
      cause_add(recorder, finding);
    now[count++] = (struct cause){name, finding->caused > before ? finding->caused : before};
  }
  memcpy(recorder->causes, now, count * sizeof *now);
  recorder->cause_count = count;
}

/* ---- findings whose end no program saw */

static void orphans_see(struct event_recorder *recorder, const struct event_orphans *orphans) {
  for (size_t i = 0; i < orphans->count; i++)
    if (event_orphan_is_over(recorder->options.model, &orphans->items[i], clock_now_ms()) &&
        recorder->waiting.count < EVENT_BATCH_MAX)
      event_batch_add(&recorder->waiting, EVENT_OP_GONE,
                      &(struct event_record){.id = orphans->items[i].id}, NULL);
}

/* ---- rounds */

static void pool_close(struct event_recorder *recorder);
static bool turn_start(struct event_recorder *recorder, bool leaving);

static void result_take(struct event_recorder *recorder, struct event_round *round) {
  const bool failed = round->err.kind != ERR_NONE;
  if (*round->notice)
    recorder->options.say(recorder->options.arg, SEVERITY_WARN, round->notice);
  trouble_set(recorder, failed ? round->err.text : NULL);
  if (round->batch.count > 0)
    waiting_give_back(recorder, &round->batch);
  if (!failed)
    lost_add(recorder);
  orphans_see(recorder, &round->orphans);
  if (failed)
    plan_tick(recorder, AGAIN_MS);
  else if (recorder->waiting.count > 0)
    plan_tick(recorder, SOON_MS);
  if (recorder->options.changed)
    recorder->options.changed(recorder->options.arg);
}

static void turn_done(struct worker_task *task) {
  struct turn *turn = (struct turn *)task;
  struct event_recorder *recorder = task->owner;
  const bool left = turn->round.leaving;
  recorder->desk = turn->desk;
  recorder->hung = false;
  turn->desk = NULL;
  if (!recorder->closing)
    result_take(recorder, &turn->round);
  turn_free(turn);
  if (recorder->closing && (left || !turn_start(recorder, true)))
    pool_close(recorder);
}

static bool turn_start(struct event_recorder *recorder, bool leaving) {
  struct turn *turn = mem_new(sizeof *turn);
  struct err err;
  turn->task = (struct worker_task){
      .work = turn_work, .done = turn_done, .drop = turn_drop, .owner = recorder};
  turn->round = (struct event_round){.batch = recorder->waiting,
                                     .steady_ms = clock_now_ms(),
                                     .wall_ms = clock_wall_ms(),
                                     .step_ms = clock_wall_offset_ms(),
                                     .leaving = leaving};
  recorder->waiting = (struct event_batch){0};
  turn->desk = recorder->desk;
  if (turn->desk)
    turn->desk->limits = recorder->limits;
  recorder->started_ms = turn->round.steady_ms;
  if (worker_start(recorder->pool, &turn->task, &err)) {
    recorder->desk = NULL;
    return true;
  }
  recorder->waiting = turn->round.batch;
  turn->round.batch = (struct event_batch){0};
  turn->desk = NULL;
  turn_free(turn);
  if (!leaving)
    trouble_set(recorder, err.text);
  return false;
}

static void on_tick(uv_timer_t *timer) {
  struct event_recorder *recorder = timer->data;
  event_recorder_see(recorder);
  if (recorder->desk) {
    (void)turn_start(recorder, false);
  } else if (!recorder->hung && clock_now_ms() - recorder->started_ms > HUNG_MS) {
    recorder->hung = true;
    trouble_set(recorder, "the disk has not answered for 15 seconds");
  }
}

void event_recorder_rebase(struct event_recorder *recorder) {
  const struct config *config = recorder->options.model->config;
  recorder->limits = (struct event_limits){config->events_keep_ms, config->events_bytes};
}

struct event_recorder *event_recorder_new(const struct event_recorder_options *options) {
  struct event_recorder *recorder = mem_new(sizeof *recorder);
  const struct config *config = options->model->config;
  recorder->options = *options;
  event_recorder_rebase(recorder);
  if (options->from_now)
    recorder->taken = options->model->events.total;
  recorder->pool = worker_pool_new(options->io, 2);
  worker_pool_keep_loop(recorder->pool, false);
  uv_timer_init(options->io->loop, &recorder->tick);
  uv_unref((uv_handle_t *)&recorder->tick);
  recorder->tick.data = recorder;
  recorder->recording = options->state && config->events;
  if (recorder->recording) {
    recorder->desk = event_desk_new(options->state, options->audit_path, options->place,
                                    &recorder->limits, clock_now_ms());
    plan_tick(recorder, SOON_MS);
  }
  recorder->options.state = recorder->options.audit_path = NULL; /* borrowed for the call */
  return recorder;
}

/* Events that are older than the log holds were taken before they left it. */
void event_recorder_see(struct event_recorder *recorder) {
  const struct events *events = &recorder->options.model->events;
  uint64_t new = events->total - recorder->taken;
  if (!recorder->recording)
    return;
  if (new > events->count) {
    recorder->lost += new - events->count;
    new = events->count;
  }
  for (size_t age = new; age > 0; age--)
    waiting_add(recorder, events_get(events, age - 1));
  recorder->taken = events->total;
  causes_see(recorder);
  if (new > 0 && !*recorder->trouble && uv_timer_get_due_in(&recorder->tick) > SOON_MS)
    plan_tick(recorder, SOON_MS);
}

const char *event_recorder_trouble(const struct event_recorder *recorder) {
  return *recorder->trouble ? recorder->trouble : NULL;
}

/* ---- the end */

static void recorder_free(struct event_recorder *recorder) {
  if (!recorder->timer_closed || !recorder->pool_closed)
    return;
  event_desk_free(recorder->desk);
  event_batch_fini(&recorder->waiting);
  free(recorder);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct event_recorder *recorder = handle->data;
  recorder->timer_closed = true;
  recorder_free(recorder);
}

static void on_pool_closed(void *arg) {
  struct event_recorder *recorder = arg;
  recorder->pool_closed = true;
  recorder_free(recorder);
}

static void pool_close(struct event_recorder *recorder) {
  struct worker_pool *pool = recorder->pool;
  recorder->pool = NULL;
  if (!pool)
    return;
  worker_pool_close(pool, on_pool_closed, recorder);
  uv_close((uv_handle_t *)&recorder->tick, on_timer_closed);
}

static void on_late(uv_timer_t *timer) {
  pool_close(timer->data);
}

void event_recorder_close(struct event_recorder *recorder) {
  if (!recorder)
    return;
  event_recorder_see(recorder);
  recorder->closing = true;
  if (!recorder->recording || (recorder->desk && !turn_start(recorder, true))) {
    pool_close(recorder);
    return;
  }
  worker_pool_keep_loop(recorder->pool, true);
  uv_ref((uv_handle_t *)&recorder->tick);
  uv_timer_start(&recorder->tick, on_late, CLOSE_MS, 0);
}
