/* Sums, products and rests of counts that others say: a server may claim anything, and an overflow
 * is undefined. */
#pragma once

#include <stdint.h>

/* a + b of two counts that are not negative; INT64_MAX where it would be more. */
static inline int64_t count_add(int64_t a, int64_t b) {
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* a * b of two that are not negative; INT64_MAX where it would be more. */
static inline int64_t count_times(int64_t a, int64_t b) {
  return b > 0 && a > INT64_MAX / b ? INT64_MAX : a * b;
}

/* What is left of a without b, of two that are not negative: never less than 0. */
static inline int64_t count_less(int64_t a, int64_t b) {
  return a > b ? a - b : 0;
}
