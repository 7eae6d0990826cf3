#include "core/text/format.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Beyond it, all digits of a number of bytes or percents (1e300) are useless: it is shown as "more
 * than". */
static const double SHOWN_MAX = 1e9;

const char *format_count(char *out, size_t size, int64_t count) {
  char digits[24], grouped[FORMAT_MAX];
  uint64_t magnitude = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
  int length = snprintf(digits, sizeof digits, "%" PRIu64, magnitude);
  size_t at = 0;
  if (count < 0)
    grouped[at++] = '-';
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0)
      grouped[at++] = ',';
    grouped[at++] = digits[i];
  }
  grouped[at] = '\0';
  snprintf(out, size, "%s", grouped);
  return out;
}

const char *format_counted(char *out, size_t size, int64_t count, const char *one,
                           const char *many) {
  char number[FORMAT_MAX];
  snprintf(out, size, "%s %s", format_count(number, sizeof number, count), count == 1 ? one : many);
  return out;
}

const char *format_bytes(char *out, size_t size, double bytes) {
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  size_t unit = 0;
  double shown = fabs(bytes);
  /* 1023.95 would be printed as 1024: use the next unit if the rounded number reaches it. */
  while (unit + 1 < sizeof units / sizeof *units && shown >= (unit ? 999.5 : 1000)) {
    shown /= 1024;
    unit++;
  }
  const char *sign = bytes < 0 ? "-" : "";
  if (shown >= SHOWN_MAX) {
    snprintf(out, size, "%s>%.0f %s", sign, SHOWN_MAX, units[unit]);
    return out;
  }
  int decimals = unit > 0 && shown < 9.95 ? 1 : 0;
  snprintf(out, size, "%s%.*f %s", sign, decimals, shown, units[unit]);
  return out;
}

const char *format_duration(char *out, size_t size, double seconds) {
  const char *sign = seconds < 0 ? "-" : "";
  double s = fabs(seconds);
  if (s == 0)
    snprintf(out, size, "0ms");
  else if (s < 0.0000005)
    snprintf(out, size, "%s<1us", sign);
  else if (s < 0.0000995) /* what a call of Redis takes */
    snprintf(out, size, "%s%.0fus", sign, s * 1e6);
  else if (s < 0.00095) /* a short time is not zero */
    snprintf(out, size, "%s%.1fms", sign, s * 1000);
  else if (s < 0.9995)
    snprintf(out, size, "%s%.0fms", sign, s * 1000);
  else if (s < 9.95)
    snprintf(out, size, "%s%.1fs", sign, s);
  else if (s < 60)
    snprintf(out, size, "%s%ds", sign, s < 10 ? 10 : (int)s); /* 9.96 must not be shown as 9 */
  else if (s < 3600)
    snprintf(out, size, "%s%dm %02ds", sign, (int)(s / 60), (int)fmod(s, 60));
  else if (s < 86400)
    snprintf(out, size, "%s%dh %02dm", sign, (int)(s / 3600), (int)(fmod(s, 3600) / 60));
  else if (s < 86400.0 * 10000)
    snprintf(out, size, "%s%dd %dh", sign, (int)(s / 86400), (int)(fmod(s, 86400) / 3600));
  else
    snprintf(out, size, "%s>27y", sign);
  return out;
}

const char *format_time(char *out, size_t size, int64_t ms, bool utc, bool with_date) {
  time_t seconds = (time_t)(ms / 1000);
  struct tm parts;
  if (!(utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)) ||
      parts.tm_year < -1900 ||
      parts.tm_year > 9999 - 1900 || /* outside of years that can be shown */
      strftime(out, size, with_date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &parts) == 0)
    snprintf(out, size, "?");
  return out;
}

/* The nearest integer; saturates. */
static int64_t round_whole(double real) {
  if (real >= 9.2e18)
    return INT64_MAX;
  return real <= -9.2e18 ? INT64_MIN : llround(real);
}

/* A small rate keeps a decimal: 0.4/s is not 0/s, nor is one per minute. */
static void format_rate(char *out, size_t size, double rate) {
  if (rate != 0 && fabs(rate) < 0.05) {
    snprintf(out, size, "~0/s");
    return;
  }
  if (fabs(rate) < 9.95 && fabs(rate) >= 0.05) {
    snprintf(out, size, "%.1f/s", rate);
    return;
  }
  char count[FORMAT_MAX];
  snprintf(out, size, "%s/s", format_count(count, sizeof count, round_whole(rate)));
}

static void format_ratio(char *out, size_t size, double ratio) {
  double percent = ratio * 100;
  /* 99.96 % must not be shown as 100 %, nor 0.04 % as 0 %. */
  if (percent < 100 && percent >= 99)
    snprintf(out, size, "%.1f%%", fmin(percent, 99.9));
  else if (percent > 0 && percent < 0.0095) /* a small share is not zero */
    snprintf(out, size, percent < 0.0005 ? "<0.001%%" : "%.3f%%", percent);
  else if (percent > 0 && percent < 0.095)
    snprintf(out, size, "%.2f%%", percent);
  else if (percent > 0 && percent < 0.995)
    snprintf(out, size, "%.1f%%", percent);
  else if (fabs(percent) >= SHOWN_MAX)
    snprintf(out, size, "%s>%.0f%%", percent < 0 ? "-" : "", SHOWN_MAX);
  else
    snprintf(out, size, "%.0f%%", percent);
}

static void format_real(char *out, size_t size, double real) {
  if (fabs(real) < 99.95)
    snprintf(out, size, "%.*f", fabs(real) < 9.995 ? 2 : 1, real);
  else
    format_count(out, size, round_whole(real));
}

static void format_number(char *out, size_t size, struct value value, double number,
                          enum unit unit) {
  switch (unit) {
  case UNIT_NONE:
    if (value.type == VALUE_INT)
      snprintf(out, size, "%" PRId64, value.integer);
    else
      format_real(out, size, number);
    break;
  case UNIT_COUNT:
    if (value.type == VALUE_INT)
      format_count(out, size, value.integer);
    else
      format_real(out, size, number);
    break;
  case UNIT_BYTES:
    format_bytes(out, size, number);
    break;
  case UNIT_SECONDS:
    format_duration(out, size, number);
    break;
  case UNIT_RATIO:
    format_ratio(out, size, number);
    break;
  case UNIT_PER_SECOND:
    format_rate(out, size, number);
    break;
  case UNIT_BYTES_PER_SECOND: {
    char bytes[FORMAT_MAX - sizeof "/s"];
    snprintf(out, size, "%s/s", format_bytes(bytes, sizeof bytes, number));
    break;
  }
  case UNIT_TIME:
    format_time(out, size, round_whole(number), false, true);
    break;
  }
}

/* One unit: how long a forecast was watched for is not that exact. */
static void format_short(char *out, size_t size, unsigned seconds, const char *const units[3]) {
  if (seconds < 60)
    snprintf(out, size, "%u%s", seconds, units[0]);
  else if (seconds < 3600)
    snprintf(out, size, "%u%s", seconds / 60, units[1]);
  else
    snprintf(out, size, "%u%s", seconds / 3600, units[2]);
}

const char *format_window(char *out, size_t size, int64_t seconds) {
  static const char *const words[] = {" s", " min", " h"};
  char window[24];
  format_short(window, sizeof window, (unsigned)seconds, words);
  snprintf(out, size, "the last %s", window);
  return out;
}

const char *format_value(char *out, size_t size, struct value value, enum unit unit, bool plus) {
  double number;
  if (value.type == VALUE_TEXT) {
    snprintf(out, size, "%s", value.text);
  } else if (!value_number(value, &number)) {
    snprintf(out, size, "%s", value.text ? "?" : "-");
  } else {
    static const char *const letters[] = {"s", "m", "h"};
    char text[FORMAT_MAX], from[FORMAT_MAX] = "";
    format_number(text, sizeof text, value, number, unit);
    if (value.from_s > 0) {
      memcpy(from, " from ", sizeof " from ");
      format_short(from + 6, sizeof from - 6, value.from_s, letters);
    }
    snprintf(out, size, "%s%s%s%s", plus && number > 0 && *text != '~' ? "+" : "", text,
             value.at_least ? "+" : "", from);
  }
  return out;
}

const char *format_limit(char *out, size_t size, double limit, enum unit unit) {
  const double whole_most = 1e15;
  const bool whole = fabs(limit) < whole_most && floor(limit) == limit;
  if (unit == UNIT_RATIO && fabs(limit) < whole_most) {
    snprintf(out, size, "%.6g%%", limit * 100);
    return out;
  }
  return format_value(out, size, whole ? value_int((int64_t)limit) : value_real(limit), unit,
                      false);
}

const char *format_title(char *out, size_t size, const char *title) {
  bool upper = true;
  for (const char *at = title; *at; at++)
    upper = upper && !islower((unsigned char)*at);
  snprintf(out, size, "%s", title);
  for (char *at = out; upper && *at; at++)
    *at = (char)tolower((unsigned char)*at);
  return out;
}
