/* A walk over all keys of a database that match a pattern: SCAN, paced, as long as it takes or up
 * to a time. What a step keeps begins with a struct redis_sweep. */
#pragma once

#include "actions/redis/redis_pace.h"
#include "actions/redis/redis_work.h"

struct redis_sweep {
  struct redis_work work;
  const char *pattern;
  struct redis_pace look;
  struct redis_pace change; /* of what is done to the keys; budget 0: nothing is */
  int64_t until_ms;         /* it ends then, with `late`; 0: never */
  /* A portion of names, borrowed, perhaps none. True: go on; false: redis_sweep_next is called once
   * they have been dealt with. */
  bool (*keys)(void *self, const struct redisReply *names);
  void (*done)(void *self); /* all were told; or it is `late` or `cancelled` */
  void (*failed)(void *self, const struct err *err);
  bool late, cancelled;
  bool cluster;    /* its cursors do not tell how far it has come */
  double fraction; /* how far: 0..1; -1 if not known */
  char cursor[24];
  int64_t asked_us, portion;
};

/* Begins once all of the above up to `failed` are set; the link stands. budget: of keys changed a
 * second, or 0. */
void redis_sweep_start(struct redis_sweep *sweep, int budget);
void redis_sweep_next(struct redis_sweep *sweep);
/* For act_step's cancel: it ends behind the portion under way. */
void redis_sweep_cancel(struct act *act);
/* How much of the keys a SCAN has walked over when it answers that cursor: SCAN counts with the
 * bits of its cursor reversed. */
double redis_sweep_fraction(const char *cursor);
