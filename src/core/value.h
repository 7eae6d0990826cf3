/* A typed cell: an integer, a real, a text, or nothing with the reason why. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type { VALUE_NONE, VALUE_INT, VALUE_REAL, VALUE_TEXT };

/* Unit of a number, which determines how it is displayed. */
enum unit {
  UNIT_NONE,             /* as it is: a port, a pid, a version; texts */
  UNIT_COUNT,            /* 12,430 */
  UNIT_BYTES,            /* 1.4 GB, powers of 1024 */
  UNIT_SECONDS,          /* a duration in (fractional) seconds: 12ms, 3.1s, 14m, 3d 4h */
  UNIT_RATIO,            /* 0..1, shown as 71% */
  UNIT_PER_SECOND,       /* 84/s */
  UNIT_BYTES_PER_SECOND, /* 1.2 MB/s */
  UNIT_TIME,             /* milliseconds since 1970 UTC, shown as local time */
};

struct value {
  enum value_type type;
  bool at_least;   /* of a number: a lower bound. Shown as "100+" */
  uint16_t from_s; /* of a forecast: it reaches far beyond the time that it was computed from, which
                      is this many seconds. Shown as "3h 00m from 4m"; 0: it does not */
  union {
    int64_t integer;
    double real;
    const char *text; /* VALUE_TEXT; for VALUE_NONE the reason ("needs pg_monitor"), or NULL if the
                         cell does not apply to its row */
  };
};

static inline struct value value_int(int64_t integer) {
  return (struct value){.type = VALUE_INT, .integer = integer};
}
/* A real that is not finite (NaN, infinite) becomes none: no NaN ever reaches a screen. */
struct value value_real(double real);
/* The text is borrowed: it must live as long as the value (a literal, or the sample's arena). */
static inline struct value value_text(const char *text) {
  return (struct value){.type = VALUE_TEXT, .text = text};
}
/* A time to come, in seconds, by what was seen within the last `window_s`. Every forecast is made
 * here, so that one that rests on a short time says so: if it reaches more than FORECAST_SURE times
 * as far. */
enum { FORECAST_SURE = 3 };
struct value value_forecast(double seconds, double window_s);
/* A number as a lower bound; texts and none are unchanged. */
struct value value_at_least(struct value value);
static inline struct value value_none(const char *reason) {
  return (struct value){.type = VALUE_NONE, .text = reason};
}

/* The number in it; false for texts and for none. */
bool value_number(struct value value, double *number);
/* Orders numbers by size, texts by bytes, none before all: for sorting. */
int value_compare(struct value a, struct value b);

const char *unit_name(enum unit unit); /* "bytes", as JSON has it */
bool unit_parse(const char *name, enum unit *unit);
