#include "logs/log_time.h"

#include "core/number.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* How far into a line a time may begin: behind "<34>1 ", "api-1 | ", "10.0.0.7 - user [". */
enum { START_MAX = 96 };

struct parts {
  int year, month, day, hour, minute, second; /* year 0: not said */
  int64_t fraction_ms;
  bool zoned;
  int offset_s;
};

struct cursor {
  const char *at, *end;
};

static bool number(struct cursor *cursor, int digits, int *out) {
  *out = 0;
  if (cursor->end - cursor->at < digits)
    return false;
  for (int i = 0; i < digits; i++) {
    const char c = cursor->at[i];
    if (c < '0' || c > '9')
      return false;
    *out = *out * 10 + (c - '0');
  }
  cursor->at += digits;
  return true;
}

static bool one_of(struct cursor *cursor, const char *these) {
  if (cursor->at >= cursor->end || !*cursor->at || !strchr(these, *cursor->at))
    return false;
  cursor->at++;
  return true;
}

static bool month(struct cursor *cursor, int *out) {
  static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (cursor->end - cursor->at < 3)
    return false;
  for (int i = 0; i < 12; i++)
    if (memcmp(cursor->at, names + i * 3, 3) == 0) {
      *out = i + 1;
      cursor->at += 3;
      return true;
    }
  return false;
}

/* "10:00:00" and its fraction */
static bool time_of_day(struct cursor *cursor, struct parts *parts) {
  if (!number(cursor, 2, &parts->hour) || !one_of(cursor, ":") ||
      !number(cursor, 2, &parts->minute) || !one_of(cursor, ":") ||
      !number(cursor, 2, &parts->second))
    return false;
  struct cursor fraction = *cursor;
  if (!one_of(&fraction, ".,") || fraction.at >= fraction.end ||
      !isdigit((unsigned char)*fraction.at))
    return true;
  int64_t unit = 100;
  for (; fraction.at < fraction.end && isdigit((unsigned char)*fraction.at); fraction.at++) {
    parts->fraction_ms += (*fraction.at - '0') * unit;
    unit /= 10;
  }
  *cursor = fraction;
  return true;
}

/* "Z", "+01:00", "-0300", "+01", " UTC", " GMT": other names of zones are ambiguous. */
static void zone(struct cursor *cursor, struct parts *parts) {
  struct cursor at = *cursor;
  if (one_of(&at, "Z")) {
    parts->zoned = true;
    *cursor = at;
    return;
  }
  (void)one_of(&at, " ");
  if (at.end - at.at >= 3 && (memcmp(at.at, "UTC", 3) == 0 || memcmp(at.at, "GMT", 3) == 0)) {
    at.at += 3;
    parts->zoned = true;
    *cursor = at;
    return;
  }
  const bool minus = at.at < at.end && *at.at == '-';
  int hours, minutes = 0;
  if (!one_of(&at, "+-") || !number(&at, 2, &hours) || hours > 15)
    return;
  struct cursor more = at;
  (void)one_of(&more, ":");
  if (number(&more, 2, &minutes))
    at = more;
  else if (*cursor->at == ' ')
    return; /* "10:00:00 -12 things" */
  else
    minutes = 0;
  if (minutes > 59)
    return;
  parts->zoned = true;
  parts->offset_s = (hours * 3600 + minutes * 60) * (minus ? -1 : 1);
  *cursor = at;
}

/* 2026-11-27T10:00:00,123+01:00, 2026/11/27 10:00:00 */
static bool iso(struct cursor *cursor, struct parts *parts) {
  if (!number(cursor, 4, &parts->year) || !one_of(cursor, "-/") ||
      !number(cursor, 2, &parts->month) || !one_of(cursor, "-/") ||
      !number(cursor, 2, &parts->day) || !one_of(cursor, "T t_") || !time_of_day(cursor, parts))
    return false;
  zone(cursor, parts);
  return true;
}

/* Nov 27 10:00:00, Nov  7 10:00:00; Apache's errors: Nov 27 10:00:00.123456 2026 */
static bool syslog_old(struct cursor *cursor, struct parts *parts) {
  if (!month(cursor, &parts->month) || !one_of(cursor, " "))
    return false;
  const bool one = cursor->at < cursor->end && *cursor->at == ' ';
  if (one)
    cursor->at++;
  if (!number(cursor, one ? 1 : 2, &parts->day) || !one_of(cursor, " ") ||
      !time_of_day(cursor, parts))
    return false;
  struct cursor year = *cursor;
  if (one_of(&year, " ") && number(&year, 4, &parts->year) && parts->year > 1970 &&
      (year.at >= year.end || !isalnum((unsigned char)*year.at)))
    *cursor = year;
  else
    parts->year = 0;
  return true;
}

/* 27/Nov/2026:10:00:00 +0000; Redis: 27 Nov 2026 10:00:00.123 */
static bool day_first(struct cursor *cursor, struct parts *parts) {
  if (!number(cursor, 2, &parts->day) || !one_of(cursor, "/ ") || !month(cursor, &parts->month) ||
      !one_of(cursor, "/ ") || !number(cursor, 4, &parts->year) || !one_of(cursor, ": ") ||
      !time_of_day(cursor, parts))
    return false;
  zone(cursor, parts);
  return true;
}

/* I1127 10:00:00.123456 */
static bool klog(struct cursor *cursor, struct parts *parts) {
  return one_of(cursor, "IWEF") && number(cursor, 2, &parts->month) &&
         number(cursor, 2, &parts->day) && one_of(cursor, " ") && time_of_day(cursor, parts);
}

static bool are_sound(const struct parts *parts) {
  return parts->month >= 1 && parts->month <= 12 && parts->day >= 1 && parts->day <= 31 &&
         parts->hour <= 23 && parts->minute <= 59 && parts->second <= 60 &&
         (parts->year == 0 || parts->year >= 1970);
}

/* Days since 1970 (the calendar repeats every 400 years; March is its first month). */
static int64_t days(int year, int month_of_year, int day) {
  const int64_t y = month_of_year <= 2 ? year - 1 : year;
  const int64_t era = y / 400, of_era = y - era * 400;
  const int64_t of_year = (153 * (month_of_year + (month_of_year > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t hour_ms(struct log_clock *clock, const struct parts *parts) {
  if (parts->zoned || clock->utc)
    return (days(parts->year, parts->month, parts->day) * 86400 + parts->hour * 3600 -
            parts->offset_s) *
           1000;
  const int64_t day = parts->year * 10000 + parts->month * 100 + parts->day;
  if (day != clock->day) {
    memset(clock->hours_ms, 0, sizeof clock->hours_ms);
    clock->day = day;
  }
  int64_t *hour = &clock->hours_ms[parts->hour];
  if (*hour == 0) {
    struct tm tm = {.tm_year = parts->year - 1900,
                    .tm_mon = parts->month - 1,
                    .tm_mday = parts->day,
                    .tm_hour = parts->hour,
                    .tm_isdst = -1};
    *hour = (int64_t)mktime(&tm) * 1000;
  }
  return *hour;
}

static int64_t parts_ms(struct log_clock *clock, const struct parts *parts) {
  return hour_ms(clock, parts) + (parts->minute * 60 + parts->second) * INT64_C(1000) +
         parts->fraction_ms;
}

/* The latest year in which it is no later than tomorrow. */
static int64_t yearless_ms(struct log_clock *clock, struct parts *parts) {
  const time_t now = (time_t)(clock->now_ms / 1000);
  struct tm tm;
  if (!gmtime_r(&now, &tm))
    return clock->now_ms;
  parts->year = tm.tm_year + 1901;
  int64_t ms;
  do {
    parts->year--;
    ms = parts_ms(clock, parts);
  } while (ms > clock->now_ms + 86400000 && parts->year > tm.tm_year + 1898);
  return ms;
}

static bool forms_try(struct log_clock *clock, const char *line, size_t len, size_t start,
                      struct log_stamp *stamp) {
  static bool (*const forms[])(struct cursor *, struct parts *) = {iso, syslog_old, day_first,
                                                                   klog};
  const char first = line[start];
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if ((i == 0 || i == 2) != (first >= '0' && first <= '9'))
      continue;
    if (i == 3 && start > 0)
      continue;
    struct cursor cursor = {.at = line + start, .end = line + len};
    struct parts parts = {0};
    if (!forms[i](&cursor, &parts) || !are_sound(&parts))
      continue;
    stamp->zoneless = !parts.zoned;
    stamp->time_ms = parts.year ? parts_ms(clock, &parts) : yearless_ms(clock, &parts);
    stamp->start = start;
    stamp->end = (size_t)(cursor.at - line);
    return true;
  }
  return false;
}

bool log_time_find(struct log_clock *clock, const char *line, size_t len, struct log_stamp *stamp) {
  const size_t last = len < START_MAX ? len : START_MAX;
  for (size_t i = 0; i < last; i++) {
    const char c = line[i];
    if (!isdigit((unsigned char)c) && !isupper((unsigned char)c))
      continue;
    if (i > 0 && isalnum((unsigned char)line[i - 1]) && !(line[i - 1] == 'T' && i > 1))
      continue;
    if (forms_try(clock, line, len, i, stamp))
      return true;
  }
  return false;
}

static bool epoch(double value, struct log_stamp *stamp) {
  static const double scales[] = {1e3, 1, 1e-3, 1e-6};      /* of s, ms, us, ns */
  static const double earliest_ms = 1e11, latest_ms = 1e13; /* 1973 to 2286 */
  for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
    const double ms = value * scales[i];
    if (ms >= earliest_ms && ms < latest_ms) {
      stamp->time_ms = (int64_t)ms;
      stamp->zoneless = false;
      return true;
    }
  }
  return false;
}

bool log_time_parse(struct log_clock *clock, const char *text, size_t len,
                    struct log_stamp *stamp) {
  char copy[64];
  double value;
  if (len == 0 || len >= sizeof copy)
    return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  stamp->start = 0;
  stamp->end = len;
  if (number_real(copy, &value))
    return epoch(value, stamp);
  return forms_try(clock, text, len, 0, stamp);
}
