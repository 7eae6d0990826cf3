/* Sums, products and differences of counts from outside: a server may send any value, and an
 * overflow is undefined. */
#pragma once

#include <stdint.h>

/* a + b of two non-negative counts; INT64_MAX on overflow. */
static inline int64_t count_add(int64_t a, int64_t b) {
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* a * b of two non-negative counts; INT64_MAX on overflow. */
static inline int64_t count_times(int64_t a, int64_t b) {
  return b > 0 && a > INT64_MAX / b ? INT64_MAX : a * b;
}

/* a - b of two non-negative counts, at least 0. */
static inline int64_t count_less(int64_t a, int64_t b) {
  return a > b ? a - b : 0;
}
