/* Whether a number of sockets keeps growing: it has not once become smaller again. Pure.
 *
 * Connections in CLOSE_WAIT come and go with the load; those that a program forgets to close only
 * come. The least of each step is compared, so that a burst says nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { NETWORK_GROWTH_STEPS = 4, NETWORK_GROWTH_LEAST = 50 };

/* Zeroed at first. */
struct network_growth {
  int64_t step_began_ms;
  int64_t least;                       /* of the step that runs */
  int64_t steps[NETWORK_GROWTH_STEPS]; /* the least of each, the oldest first */
  unsigned count;
};

/* Takes the number at that time. */
void network_growth_take(struct network_growth *growth, int64_t number, int64_t now_ms,
                         int64_t step_ms);
/* Whether each step had more than the one before, and now there are at least NETWORK_GROWTH_LEAST.
 * *from gets the number at the beginning. */
bool network_growth_lasts(const struct network_growth *growth, int64_t number, int64_t *from);
