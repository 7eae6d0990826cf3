/* A quantile of a histogram, by the rules of Prometheus' histogram_quantile. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct service_bucket {
  double most;  /* upper limit, inclusive (le); the last one's is infinite */
  double count; /* of all values up to it: cumulative */
};

/* Buckets in the order of their limits, each limit once. They are made monotonic, because rates of
 * buckets that are not read at the same instant may not be.
 *
 * False: there is none, because nothing was counted, or the last limit is not infinite, or there is
 * no other. *at_least: it lies beyond the last finite limit, which is then the value. */
bool service_quantile(double quantile, struct service_bucket *buckets, size_t count, double *value,
                      bool *at_least);
