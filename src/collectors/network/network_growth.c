#include "collectors/network/network_growth.h"

#include <string.h>

void network_growth_take(struct network_growth *growth, int64_t number, int64_t now_ms,
                         int64_t step_ms) {
  if (growth->step_began_ms == 0) {
    growth->step_began_ms = now_ms;
    growth->least = number;
  }
  if (now_ms - growth->step_began_ms >= step_ms) {
    if (growth->count == NETWORK_GROWTH_STEPS)
      memmove(growth->steps, growth->steps + 1, (NETWORK_GROWTH_STEPS - 1) * sizeof *growth->steps);
    else
      growth->count++;
    growth->steps[growth->count - 1] = growth->least;
    growth->step_began_ms = now_ms;
    growth->least = number;
  }
  if (number < growth->least)
    growth->least = number;
}

bool network_growth_lasts(const struct network_growth *growth, int64_t number, int64_t *from) {
  if (growth->count < NETWORK_GROWTH_STEPS || number < NETWORK_GROWTH_LEAST)
    return false;
  for (unsigned i = 1; i < growth->count; i++)
    if (growth->steps[i] <= growth->steps[i - 1])
      return false;
  *from = growth->steps[0];
  return number > growth->steps[growth->count - 1];
}
