#include "clients/service/service_quantile.h"

#include <math.h>

bool service_quantile(double quantile, struct service_bucket *buckets, size_t count, double *value,
                      bool *at_least) {
  *at_least = false;
  if (count < 2 || !(isinf(buckets[count - 1].most) && buckets[count - 1].most > 0))
    return false;
  for (size_t i = 1; i < count; i++)
    if (buckets[i].count < buckets[i - 1].count)
      buckets[i].count = buckets[i - 1].count;
  const double all = buckets[count - 1].count;
  if (!(all > 0))
    return false;
  double rank = quantile * all;
  size_t i = 0;
  while (i < count - 1 && buckets[i].count < rank)
    i++;
  if (i == count - 1) { /* nothing is known above the last finite limit */
    *value = buckets[count - 2].most;
    *at_least = true;
    return true;
  }
  if (i == 0 && buckets[0].most <= 0) {
    *value = buckets[0].most;
    return true;
  }
  double from = 0, within = buckets[i].count;
  if (i > 0) {
    from = buckets[i - 1].most;
    within -= buckets[i - 1].count;
    rank -= buckets[i - 1].count;
  }
  *value = from + (buckets[i].most - from) * (rank / within);
  return isfinite(*value);
}
