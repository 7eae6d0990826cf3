#include "actions/redis/redis_change.h"

#include "core/count.h"
#include "core/format.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = REDIS_LINK_ASKED_MAX }; /* a command each */

static const char *time_words(char out[FORMAT_MAX], const struct redis_work *work) {
  return format_duration(out, FORMAT_MAX, (double)(clock_now_ms() - work->started_ms) / 1000);
}

/* ---- the change */

static void tell_progress(struct redis_change *change) {
  struct act *act = change->sweep.work.act;
  struct progress *progress = act->progress;
  if (!progress->started_ms)
    progress->started_ms = clock_now_ms();
  progress->done = change->changed;
  progress->total = act->plan->count;
  progress->unit = "keys";
  if (change->sweep.fraction >= 0)
    snprintf(progress->step, sizeof progress->step, "%.0f%% of the database walked over",
             100 * change->sweep.fraction);
  act->changed(act);
}

/* How much is done, for whoever ends it before it has gone through. The plan's count is a total
 * only where the survey has seen all of the database. */
static void note_amount(struct redis_change *change) {
  const struct act *act = change->sweep.work.act;
  bool counted = strcmp(act->plan->unit, "keys") == 0;
  outcome_note(act->outcome, 0, change->changed, counted ? act->plan->count : 0, "keys");
}

/* What has become of the keys when it did not go through; silent when nothing was done to any. */
static void say_partly(struct redis_change *change, const struct err *why) {
  struct outcome *outcome = change->sweep.work.act->outcome;
  size_t open = redis_link_effects(change->sweep.work.link);
  if (change->changed == 0 && open == 0)
    return;
  if (open > 0)
    outcome_set_all(outcome, VICTIM_PENDING, VICTIM_UNKNOWN,
                    "%s; no answer for up to %lld more: %s", change->did,
                    (long long)change->portion, why->text);
  else
    outcome_set_all(outcome, VICTIM_PENDING,
                    redis_is_refusal(why) ? VICTIM_REFUSED : VICTIM_SKIPPED,
                    "%s; the rest is as it was: %s", change->did, why->text);
}

static void on_failed(void *self, const struct err *err) {
  struct redis_change *change = self;
  say_partly(change, err);
  redis_work_fail(change, err);
}

void redis_change_dropped(void *self) {
  struct redis_change *change = self;
  struct err late;
  err_set(&late, ERR_TIMEOUT, "given up");
  if (change->sweep.pattern)
    say_partly(change, &late);
}

static void on_done(void *self) {
  struct redis_change *change = self;
  struct act *act = change->sweep.work.act;
  char count[REDIS_COUNTED_MAX], time[FORMAT_MAX];
  struct err cancelled;
  err_set(&cancelled, ERR_NONE, "cancelled");
  redis_keys_counted(count, change->changed);
  if (change->sweep.cancelled) {
    outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_SKIPPED,
                    change->changed > 0 ? "%s, then cancelled; the rest is as it was"
                                        : "cancelled before any key was %s",
                    change->did);
    redis_work_end(change, NULL, &cancelled);
    return;
  }
  outcome_set_all(act->outcome, VICTIM_PENDING, VICTIM_SENT, "%s %s (took %s)", count, change->did,
                  time_words(time, &change->sweep.work));
  redis_work_end(change, NULL, NULL);
}

void redis_change_answered(struct redis_change *change, const struct err *err) {
  struct redis_sweep *sweep = &change->sweep;
  if (err && change->refusal.kind == ERR_NONE)
    change->refusal = *err;
  if (--change->waiting > 0)
    return;
  if (change->refusal.kind != ERR_NONE) {
    struct err refusal = change->refusal;
    on_failed(change, &refusal);
    return;
  }
  int64_t now_us = clock_now_us();
  redis_pace_answered(&sweep->change, change->portion, now_us - change->asked_us, now_us);
  tell_progress(change);
  redis_sweep_next(sweep);
}

/* A cluster may have taken a slot away since SCAN told its keys: those are another node's. */
static bool is_elsewhere(const struct err *err) {
  return strncmp(err->text, "MOVED ", 6) == 0 || strncmp(err->text, "ASK ", 4) == 0;
}

static void on_changed(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_change *change = self;
  if (reply && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0)
    change->changed = count_add(change->changed, reply->integer);
  note_amount(change);
  redis_change_answered(change, err && is_elsewhere(err) ? NULL : err);
}

void redis_change_do(struct redis_change *change, int argc, const char *const *argv,
                     const size_t *lengths) {
  change->waiting++;
  redis_link_do(change->sweep.work.link, on_changed, argc, argv, lengths);
}

void redis_change_ask(struct redis_change *change, redis_link_cb done, int argc,
                      const char *const *argv, const size_t *lengths) {
  change->waiting++;
  redis_link_ask(change->sweep.work.link, done, argc, argv, lengths);
}

static bool on_names(void *self, const struct redisReply *names) {
  struct redis_change *change = self;
  struct err limit;
  if (names->elements > NAMES_MAX) {
    err_set(&limit, ERR_LIMIT, "SCAN told %zu keys at once: more than %d are not dealt with",
            names->elements, NAMES_MAX);
    on_failed(change, &limit);
    return false;
  }
  change->portion = (int64_t)names->elements;
  change->asked_us = clock_now_us();
  if (names->elements > 0)
    change->send(change, names);
  else
    tell_progress(change);
  return change->waiting == 0;
}

void redis_change_start(struct redis_change *change, int budget) {
  struct redis_sweep *sweep = &change->sweep;
  sweep->pattern = redis_keys_pattern(sweep->work.act->plan);
  sweep->keys = on_names;
  sweep->done = on_done;
  sweep->failed = on_failed;
  redis_sweep_start(sweep, budget);
}

/* ---- the look behind it */

static void on_checked(void *self) {
  struct redis_check *check = self;
  struct outcome *outcome = check->sweep.work.act->outcome;
  const char *before = outcome->count > 0 ? outcome->victims[0].words : "";
  char left[REDIS_COUNTED_MAX];
  redis_keys_counted(left, check->left);
  if (check->sweep.late || check->sweep.cancelled)
    outcome_proof(outcome, "%s; looked at again, %.0f%% of the database in time: %s that %s",
                  before, check->sweep.fraction > 0 ? 100 * check->sweep.fraction : 0,
                  check->left ? left : "no key", check->matched);
  else if (check->left > 0)
    outcome_proof(outcome, "%s; looked at again: %s that %s, come since", before, left,
                  check->matched);
  else
    outcome_proof(outcome, "%s; looked at again: no key that %s", before, check->matched);
  outcome_set_all(outcome, VICTIM_SENT, VICTIM_DONE, "%s", outcome->proof);
  redis_work_end(check, NULL, NULL);
}

void redis_check_start(struct redis_check *check) {
  struct redis_sweep *sweep = &check->sweep;
  if (outcome_count(sweep->work.act->outcome, VICTIM_SENT) == 0) {
    redis_work_end(check, NULL, NULL);
    return;
  }
  sweep->pattern = redis_keys_pattern(sweep->work.act->plan);
  sweep->until_ms = clock_now_ms() + REDIS_KEYS_VERIFY_MS;
  sweep->done = on_checked;
  sweep->failed = redis_work_fail;
  redis_sweep_start(sweep, 0);
}
