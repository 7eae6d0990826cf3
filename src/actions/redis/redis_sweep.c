#include "actions/redis/redis_sweep.h"

#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double redis_sweep_fraction(const char *cursor) {
  uint64_t bits = strtoull(cursor, NULL, 10);
  double fraction = 0, weight = 0.5;
  for (; bits; bits >>= 1) {
    fraction += bits & 1 ? weight : 0;
    weight /= 2;
  }
  return fraction;
}

static bool is_scan(const struct redisReply *reply) {
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
      reply->element[0]->type != REDIS_REPLY_STRING || reply->element[1]->type != REDIS_REPLY_ARRAY)
    return false;
  const redisReply *names = reply->element[1];
  for (size_t i = 0; i < names->elements; i++)
    if (names->element[i]->type != REDIS_REPLY_STRING)
      return false;
  return true;
}

static void on_scanned(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_sweep *sweep = self;
  int64_t now_us = clock_now_us();
  struct err odd;
  if (err) {
    sweep->failed(sweep, err);
    return;
  }
  if (!is_scan(reply)) {
    err_set(&odd, ERR_PROTOCOL, "the answer to SCAN is none");
    sweep->failed(sweep, &odd);
    return;
  }
  redis_pace_answered(&sweep->look, sweep->portion, now_us - sweep->asked_us, now_us);
  snprintf(sweep->cursor, sizeof sweep->cursor, "%s", reply->element[0]->str);
  sweep->fraction = sweep->cluster ? -1 : redis_sweep_fraction(sweep->cursor);
  if (strcmp(sweep->cursor, "0") == 0)
    sweep->fraction = 1;
  if (sweep->keys(sweep, reply->element[1]))
    redis_sweep_next(sweep);
}

static void ask(void *self) {
  struct redis_sweep *sweep = self;
  char count[12];
  if (sweep->cancelled) {
    sweep->done(sweep);
    return;
  }
  sweep->portion = sweep->look.portion;
  if (sweep->change.budget && sweep->change.portion < sweep->portion)
    sweep->portion = sweep->change.portion;
  snprintf(count, sizeof count, "%d", (int)sweep->portion);
  const char *const words[] = {"SCAN", sweep->cursor, "MATCH", sweep->pattern, "COUNT", count};
  sweep->asked_us = clock_now_us();
  redis_link_ask(sweep->work.link, on_scanned, 6, words, NULL);
}

void redis_sweep_next(struct redis_sweep *sweep) {
  sweep->late = sweep->until_ms && clock_now_ms() >= sweep->until_ms;
  if (strcmp(sweep->cursor, "0") == 0) {
    sweep->late = sweep->cancelled = false; /* too late for that: all is done */
    sweep->done(sweep);
    return;
  }
  if (sweep->late) {
    sweep->done(sweep);
    return;
  }
  int64_t now_us = clock_now_us();
  int64_t look = redis_pace_wait(&sweep->look, now_us);
  int64_t change = sweep->change.budget ? redis_pace_wait(&sweep->change, now_us) : 0;
  int64_t wait = look > change ? look : change;
  if (wait > 0)
    redis_link_wait(sweep->work.link, wait, ask);
  else
    ask(sweep);
}

void redis_sweep_start(struct redis_sweep *sweep, int budget) {
  redis_pace_init(&sweep->look, REDIS_PACE_LOOK);
  if (budget)
    redis_pace_init(&sweep->change, budget);
  sweep->cluster = redis_told_is(sweep->work.info, "cluster_enabled", "1");
  snprintf(sweep->cursor, sizeof sweep->cursor, "0");
  ask(sweep);
}

void redis_sweep_cancel(struct act *act) {
  struct redis_sweep *sweep = act->self;
  if (sweep)
    sweep->cancelled = true;
}
