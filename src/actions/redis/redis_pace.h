/* The rate at which a server is asked for many keys: a number per second, in portions that shrink
 * when its answers become slow. Pure: the time is a parameter. */
#pragma once

#include <stdint.h>

enum {
  REDIS_PACE_LEAST = 20, /* keys per portion */
  REDIS_PACE_FIRST = 100,
  REDIS_PACE_MOST = 1000,
  REDIS_PACE_LOOK = 200000,  /* keys scanned per second */
  REDIS_PACE_UNLINK = 50000, /* keys deleted or changed per second */
  REDIS_PACE_DEL = 10000,    /* the same where the server frees them at once */
};

struct redis_pace {
  int budget;      /* keys per second */
  int portion;     /* size of the next portion */
  int64_t best_us; /* the fastest answer so far: the round trip */
  int64_t next_us; /* time of the next question */
};

void redis_pace_init(struct redis_pace *pace, int budget);
/* An answer of `keys` took that long. It is slow beyond twice the best and 5 ms: the portion is
 * halved; near the best (2 ms) it grows by a quarter; otherwise it stays. */
void redis_pace_answered(struct redis_pace *pace, int64_t keys, int64_t took_us, int64_t now_us);
/* Milliseconds until the next question may be sent; 0: now. */
int64_t redis_pace_wait(const struct redis_pace *pace, int64_t now_us);
