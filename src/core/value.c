#include "core/value.h"

#include <math.h>
#include <string.h>

struct value value_real(double real) {
  if (!isfinite(real))
    return value_none("not a number");
  return (struct value){.type = VALUE_REAL, .real = real};
}

struct value value_forecast(double seconds, double window_s) {
  struct value value = value_real(seconds);
  if (value.type != VALUE_REAL || !(seconds > window_s * FORECAST_SURE))
    return value;
  value.from_s = window_s >= UINT16_MAX ? UINT16_MAX
                 : window_s >= 1        ? (uint16_t)window_s
                                        : 1; /* a moment */
  return value;
}

struct value value_at_least(struct value value) {
  value.at_least = value.type == VALUE_INT || value.type == VALUE_REAL;
  return value;
}

bool value_number(struct value value, double *number) {
  if (value.type == VALUE_INT)
    *number = (double)value.integer;
  else if (value.type == VALUE_REAL)
    *number = value.real;
  else
    return false;
  return true;
}

static int value_rank(struct value value) {
  return value.type == VALUE_NONE ? 0 : value.type == VALUE_TEXT ? 2 : 1;
}

int value_compare(struct value a, struct value b) {
  int rank = value_rank(a) - value_rank(b);
  if (rank != 0 || a.type == VALUE_NONE)
    return rank;
  if (a.type == VALUE_TEXT)
    return strcmp(a.text, b.text);
  if (a.type == VALUE_INT && b.type == VALUE_INT)
    return (a.integer > b.integer) - (a.integer < b.integer);
  double x = 0, y = 0;
  value_number(a, &x);
  value_number(b, &y);
  return (x > y) - (x < y);
}

static const char *const unit_names[] = {
    [UNIT_NONE] = "none",
    [UNIT_COUNT] = "count",
    [UNIT_BYTES] = "bytes",
    [UNIT_SECONDS] = "seconds",
    [UNIT_RATIO] = "ratio",
    [UNIT_PER_SECOND] = "per_second",
    [UNIT_BYTES_PER_SECOND] = "bytes_per_second",
    [UNIT_TIME] = "time_ms",
};

const char *unit_name(enum unit unit) {
  return unit_names[unit];
}

bool unit_parse(const char *name, enum unit *unit) {
  for (size_t i = 0; i < sizeof unit_names / sizeof *unit_names; i++) {
    if (strcmp(unit_names[i], name) == 0) {
      *unit = (enum unit)i;
      return true;
    }
  }
  return false;
}
