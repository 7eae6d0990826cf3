/* Runs the collectors: one instance a target, each at its interval, with a deadline, and with
 * backoff while it fails; puts what they bring into the model. */
#pragma once

#include "collectors/collector.h"
#include "model/model.h"

struct scheduler;

struct scheduler_hooks {
  void *arg;
  /* A target_index of the model has changed. */
  void (*changed)(void *arg);
  /* one_pass only: every target has been asked once. */
  void (*finished)(void *arg);
};

/* Makes an instance a target_index of the model. Nothing is asked before scheduler_start. A target
 * whose collector cannot be opened becomes a target_index that is down and says why; it is not
 * tried again. Nor is one that the configuration disables: no collector is opened for it. one_pass:
 * each target is asked once. */
struct scheduler *scheduler_new(struct io *io, struct model *model, bool one_pass,
                                struct scheduler_hooks hooks);
void scheduler_start(struct scheduler *scheduler);

/* Asks every target now that is not being asked already, whatever its interval or backoff, but for
 * those that were asked a moment ago; none while paused. */
void scheduler_collect_now(struct scheduler *scheduler);

/* Asks that one now, or as soon as the answer is there that is awaited: something has been changed
 * there. Not while paused. */
void scheduler_collect_slot(struct scheduler *scheduler, size_t target_index);

/* Nothing is asked any more, and what is under way is cancelled: the model stays as it is. For a
 * scheduler that is not one_pass. */
void scheduler_pause(struct scheduler *scheduler);
/* Every target is asked at once, and at its interval again. */
void scheduler_resume(struct scheduler *scheduler);

/* Whether an answer is still awaited that was asked for less than a moment ago: the caller that
 * draws may wait for it and draw once. */
bool scheduler_expects(const struct scheduler *scheduler, int64_t now_ms);

/* Cancels what runs, closes every instance, then frees itself and calls done(arg). */
void scheduler_close(struct scheduler *scheduler, void (*done)(void *arg), void *arg);

/* When to ask next after an answer, all in ms: at the first point of the grid (grid_ms and every
 * interval from there, so that targets are asked in step and drawn at once) after now_ms, but not
 * sooner than half an interval after the attempt began: rates over a moment tell nothing. */
int64_t scheduler_next(int64_t grid_ms, int64_t interval_ms, int64_t started_ms, int64_t now_ms);

/* How long to wait after `failures` failed attempts in a row: the interval, doubled with each
 * further failure up to BACKOFF_MAX_MS (or the interval, if that is longer), less up to a fifth by
 * `jitter` (0..1), so that many dashboards do not knock at the same moment. */
enum { BACKOFF_MAX_MS = 15000 };
int64_t scheduler_backoff(int64_t interval_ms, uint32_t failures, double jitter);
