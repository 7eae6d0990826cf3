/* How fast a server is asked for many keys: so many a second, in portions that shrink when its
 * answers become slow. Pure: the time is a parameter. */
#pragma once

#include <stdint.h>

enum {
  REDIS_PACE_LEAST = 20, /* keys a portion */
  REDIS_PACE_FIRST = 100,
  REDIS_PACE_MOST = 1000,
  REDIS_PACE_LOOK = 200000,  /* keys looked at, a second */
  REDIS_PACE_UNLINK = 50000, /* keys deleted or changed, a second */
  REDIS_PACE_DEL = 10000,    /* the same where they are freed at once */
};

struct redis_pace {
  int budget;      /* keys a second */
  int portion;     /* keys to ask for next */
  int64_t best_us; /* the fastest answer so far: the way there and back */
  int64_t next_us; /* not to be asked before */
};

void redis_pace_init(struct redis_pace *pace, int budget);
/* An answer of `keys` took so long. It is slow beyond twice the best and 5 ms: the portion is
 * halved; near the best (2 ms) it grows by a quarter; else it stays. */
void redis_pace_answered(struct redis_pace *pace, int64_t keys, int64_t took_us, int64_t now_us);
/* Milliseconds until the next question may go out; 0: now. */
int64_t redis_pace_wait(const struct redis_pace *pace, int64_t now_us);
