#include "actions/redis/redis_scan.h"

#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double redis_scan_fraction(const char *cursor) {
  uint64_t bits = strtoull(cursor, NULL, 10);
  double fraction = 0, weight = 0.5;
  for (; bits; bits >>= 1) {
    fraction += bits & 1 ? weight : 0;
    weight /= 2;
  }
  return fraction;
}

void redis_scan_init(struct redis_scan *scan, struct step *step, struct redis_conn *conn,
                     const char *pattern, int budget) {
  *scan = (struct redis_scan){.step = step, .conn = conn, .pattern = pattern, .fraction = -1};
  redis_pace_init(&scan->look, REDIS_PACE_LOOK);
  if (budget)
    redis_pace_init(&scan->change, budget);
}

static const struct redisReply *end(struct redis_scan *scan, enum redis_scan_end how) {
  scan->end = how;
  return NULL;
}

static bool is_scan(const struct redisReply *reply) {
  if (redis_reply_count(reply) != 2 || reply->element[0]->type != REDIS_REPLY_STRING ||
      reply->element[1]->type != REDIS_REPLY_ARRAY)
    return false;
  const redisReply *names = reply->element[1];
  for (size_t i = 0; i < names->elements; i++)
    if (names->element[i]->type != REDIS_REPLY_STRING)
      return false;
  return true;
}

static const struct redisReply *names_of(struct redis_scan *scan, const struct redisReply *reply) {
  if (!is_scan(reply))
    step_fail(scan->step, ERR_PROTOCOL, "the reply to SCAN is not a cursor and keys");
  else if (reply->element[1]->elements > REDIS_QUEUE_MAX)
    step_fail(scan->step, ERR_LIMIT, "SCAN returned %zu keys at once; at most %d are supported",
              reply->element[1]->elements, REDIS_QUEUE_MAX);
  else
    return reply->element[1];
  return end(scan, REDIS_SCAN_FAILED);
}

const struct redisReply *redis_scan_next(struct redis_scan *scan) {
  char count[12];
  if (strcmp(scan->cursor, "0") == 0) /* also when late or cancelled: all is done */
    return end(scan, REDIS_SCAN_DONE);
  if (scan->until_ms && clock_now_ms() >= scan->until_ms)
    return end(scan, REDIS_SCAN_LATE);
  const int64_t look_ms = redis_pace_wait(&scan->look, clock_now_us());
  const int64_t change_ms =
      scan->change.budget ? redis_pace_wait(&scan->change, clock_now_us()) : 0;
  step_sleep(scan->step, look_ms > change_ms ? look_ms : change_ms);
  if (scan->step->cancelled && !scan->step->dropped)
    return end(scan, REDIS_SCAN_CANCELLED);
  int portion = scan->look.portion;
  if (scan->change.budget && scan->change.portion < portion)
    portion = scan->change.portion;
  snprintf(count, sizeof count, "%d", portion);
  const int64_t asked_us = clock_now_us();
  const struct redisReply *reply = redis_ask(scan->conn, "SCAN", *scan->cursor ? scan->cursor : "0",
                                             "MATCH", scan->pattern, "COUNT", count);
  const struct redisReply *names = reply ? names_of(scan, reply) : end(scan, REDIS_SCAN_FAILED);
  if (!names)
    return NULL;
  redis_pace_answered(&scan->look, portion, clock_now_us() - asked_us, clock_now_us());
  snprintf(scan->cursor, sizeof scan->cursor, "%s", reply->element[0]->str);
  if (strcmp(scan->cursor, "0") == 0)
    scan->fraction = 1;
  else if (!redis_info_is(&scan->conn->info, "cluster_enabled", "1"))
    scan->fraction = redis_scan_fraction(scan->cursor); /* a cluster's cursors do not show it */
  return names;
}

void redis_scan_report(const struct redis_scan *scan, int64_t done, int64_t total) {
  struct progress *progress = scan->step->call->progress;
  if (scan->fraction >= 0)
    snprintf(progress->step, sizeof progress->step, "%.0f%% of the database scanned",
             100 * scan->fraction);
  else
    snprintf(progress->step, sizeof progress->step, "scanning the database");
  step_progress(scan->step, done, total, "keys");
}
