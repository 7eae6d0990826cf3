/* The change of all keys of a plan's pattern, portion by portion: execute of the actions on keys.
 * And the walk behind it that looks whether it was. */
#pragma once

#include "actions/redis/redis_keys.h"

struct redis_change {
  struct redis_sweep sweep;
  const char *did; /* "deleted": of keys, in words */
  int64_t changed; /* the sum of the answers */
  int64_t portion; /* names in the portion under way */
  size_t waiting;  /* answers that it owes */
  int64_t asked_us;
  struct err refusal; /* the first of the portion; ERR_NONE */
  /* Asks for what is to be done to these names, by redis_change_do or with the link itself. */
  void (*send)(void *self, const struct redisReply *names);
};

/* Begins, once `did` and `send` are set, with the plan's pattern. budget: keys a second. */
void redis_change_start(struct redis_change *change, int budget);
/* One command that changes keys; answers how many. */
void redis_change_do(struct redis_change *change, int argc, const char *const *argv,
                     const size_t *lengths);
/* A question on the way there; its answers are to be counted by redis_change_answered. */
void redis_change_ask(struct redis_change *change, redis_link_cb done, int argc,
                      const char *const *argv, const size_t *lengths);
/* An answer has come, of which err (NULL: none) is remembered. When it was the last one and nothing
 * was asked since, the next portion begins: nothing of `change` may be touched after it. */
void redis_change_answered(struct redis_change *change, const struct err *err);
/* For a redis_work_kind's `dropped`. */
void redis_change_dropped(void *self);

/* Walks over the pattern's keys again. What is found to be left is to be counted in `left`. */
struct redis_check {
  struct redis_sweep sweep;
  int64_t left;
  const char *matched; /* "would match", "would live longer": of those left, in words */
};

/* Begins, once matched and sweep.keys are set; ends the step with the proof. */
void redis_check_start(struct redis_check *check);
