/* Runs the collectors: one instance per target and per open page, each at its interval, with a
 * deadline, and with backoff while it fails; stores the results in the model. */
#pragma once

#include "collectors/collector.h"
#include "model/model.h"

struct scheduler;

struct scheduler_hooks {
  void *arg;
  /* A target of the model has changed. */
  void (*changed)(void *arg);
  /* one_pass only: every target was collected once. */
  void (*finished)(void *arg);
};

/* Creates an instance per target of the model. Nothing is collected before scheduler_start. A
 * target whose collector cannot be opened is down with the reason and is not retried. No collector
 * is opened for a disabled target. one_pass: each target is collected once. */
struct scheduler *scheduler_new(struct io *io, struct model *model, bool one_pass,
                                struct scheduler_hooks hooks);
void scheduler_start(struct scheduler *scheduler);

/* Starts a collection of every target now, whatever its interval or backoff, except those that are
 * running or were just collected. Does nothing while paused. */
void scheduler_collect_now(struct scheduler *scheduler);

/* Collects that target or page now, or as soon as its running collection has ended, because
 * something was changed there. Does nothing while paused. */
void scheduler_collect_slot(struct scheduler *scheduler, size_t state);

/* Begins to collect a page, whose state is open in the model (model_page_open); one_pass: once.
 * While paused it begins with the resume. */
void scheduler_page_open(struct scheduler *scheduler, size_t state, bool one_pass);
/* Held: it stays open, but nothing is collected, because another page covers it. */
void scheduler_page_hold(struct scheduler *scheduler, size_t state, bool held);
/* Cancels and closes it; afterwards its state may be closed in the model at once. What its
 * connection still has to close delays nothing. */
void scheduler_page_close(struct scheduler *scheduler, size_t state);

/* Stops collecting and cancels running collections: the model stays as it is. Not for one_pass. */
void scheduler_pause(struct scheduler *scheduler);
/* Collects every target at once, and at its interval again. */
void scheduler_resume(struct scheduler *scheduler);

/* Gives the scheduler and its model another configuration: see model_rebase. Targets that are kept
 * go on; the others are closed, and new ones are collected at once (with the resume while paused).
 * No page may be open. Not for one_pass. */
void scheduler_rebase(struct scheduler *scheduler, const struct config *config, const size_t *from);
/* Whether a target of an earlier configuration is still closing: until then it must not be freed.
 */
bool scheduler_uses(const struct scheduler *scheduler, const struct config *config);

/* Whether a recently started collection is still running: the caller may delay a frame to draw
 * once. */
bool scheduler_expects(const struct scheduler *scheduler, int64_t now_ms);

/* Cancels running collections, closes every instance, frees itself and calls done(arg). */
void scheduler_close(struct scheduler *scheduler, void (*done)(void *arg), void *arg);

/* When to collect next, all in ms: at the first point of the grid (grid_ms plus a multiple of the
 * interval, so that targets are collected in step and drawn at once) after now_ms, but at least
 * half an interval after the attempt began, because rates over a short time are not meaningful. */
int64_t scheduler_next(int64_t grid_ms, int64_t interval_ms, int64_t started_ms, int64_t now_ms);

/* Wait after `failures` failed attempts in a row: the interval, doubled with each further failure
 * up to BACKOFF_MAX_MS (or the interval, if that is longer), minus up to a fifth by `jitter`
 * (0..1), so that many dashboards do not retry at the same moment. */
enum { BACKOFF_MAX_MS = 15000 };
int64_t scheduler_backoff(int64_t interval_ms, uint32_t failures, double jitter);
