#include "actions/redis/redis_pace.h"

#include <stdbool.h>

enum { SLOW_US = 5000, NEAR_US = 2000, SECOND_US = 1000000 };

void redis_pace_init(struct redis_pace *pace, int budget) {
  *pace = (struct redis_pace){
      .budget = budget, .portion = REDIS_PACE_FIRST, .best_us = INT64_MAX, .next_us = 0};
}

void redis_pace_answered(struct redis_pace *pace, int64_t keys, int64_t took_us, int64_t now_us) {
  if (took_us < pace->best_us)
    pace->best_us = took_us;
  if (took_us > 2 * pace->best_us + SLOW_US)
    pace->portion /= 2;
  else if (took_us <= pace->best_us + NEAR_US)
    pace->portion += pace->portion / 4;
  if (pace->portion < REDIS_PACE_LEAST)
    pace->portion = REDIS_PACE_LEAST;
  if (pace->portion > REDIS_PACE_MOST)
    pace->portion = REDIS_PACE_MOST;
  /* unused budget is not saved up: no burst follows a pause */
  int64_t asked_us = now_us - took_us;
  int64_t from_us = pace->next_us > asked_us ? pace->next_us : asked_us;
  pace->next_us = from_us + keys * SECOND_US / pace->budget;
}

int64_t redis_pace_wait(const struct redis_pace *pace, int64_t now_us) {
  int64_t left_us = pace->next_us - now_us;
  return left_us > 0 ? left_us / 1000 : 0;
}
