/* How often the dashboard collects, changed by a person: + and -. */
#pragma once

#include "model/model.h"

/* Each step doubles (1) or halves (-1) the interval of every target, between these; 0 is what the
 * configuration says. */
enum { PACE_LEAST = -2, PACE_MOST = 4, PACE_INTERVAL_LEAST_MS = 500 };

/* The next step from `pace` on. */
int pace_step(int pace, int by);
/* Sets the intervals of all targets. No interval gets shorter than PACE_INTERVAL_LEAST_MS, or than
 * it is configured. Says the result in a sentence. */
void pace_set(struct model *model, int pace, char *said, size_t size);
