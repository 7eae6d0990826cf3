#include "actions/kafka/kafka_to.h"

#include "core/format.h"
#include "core/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A bare number of 13 digits is a time from 2001 to 2286 in milliseconds; no log has come so far.
 */
enum { EPOCH_DIGITS = 13 };

struct moment {
  struct tm tm;
  int64_t ms;
  bool zoned;
  int zone_minutes;
};

static bool digits(const char **at, int count, int *number) {
  *number = 0;
  for (int i = 0; i < count; i++, (*at)++) {
    if (!isdigit((unsigned char)**at))
      return false;
    *number = *number * 10 + (**at - '0');
  }
  return true;
}

static bool skip(const char **at, char wanted) {
  if (**at != wanted)
    return false;
  (*at)++;
  return true;
}

static bool read_fraction(const char **at, int64_t *ms) {
  int64_t scale = 100;
  if (!skip(at, '.'))
    return true;
  if (!isdigit((unsigned char)**at))
    return false;
  for (; isdigit((unsigned char)**at); (*at)++, scale /= 10)
    *ms += (**at - '0') * scale;
  return true;
}

static bool read_clock(const char **at, struct moment *moment) {
  struct tm *tm = &moment->tm;
  if (!digits(at, 2, &tm->tm_hour) || !skip(at, ':') || !digits(at, 2, &tm->tm_min))
    return false;
  if (skip(at, ':') && (!digits(at, 2, &tm->tm_sec) || !read_fraction(at, &moment->ms)))
    return false;
  return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

/* Z, +01, +0100, +01:00 */
static bool read_zone(const char **at, struct moment *moment) {
  int hours, minutes = 0;
  if (**at == '\0')
    return true;
  moment->zoned = true;
  if (skip(at, 'Z') || skip(at, 'z'))
    return true;
  int sign = **at == '-' ? -1 : 1;
  if (!skip(at, '+') && !skip(at, '-'))
    return false;
  if (!digits(at, 2, &hours))
    return false;
  skip(at, ':');
  if (**at && !digits(at, 2, &minutes))
    return false;
  moment->zone_minutes = sign * (hours * 60 + minutes);
  return hours < 15 && minutes < 60;
}

static bool read_moment(const char *text, struct moment *moment) {
  int year, month, day;
  if (!digits(&text, 4, &year) || !skip(&text, '-') || !digits(&text, 2, &month) ||
      !skip(&text, '-') || !digits(&text, 2, &day))
    return false;
  moment->tm = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
  if (year < 1970 || month < 1 || month > 12 || day < 1)
    return false;
  struct tm same = moment->tm;
  timegm(&same); /* the 30th of February becomes the 2nd of March */
  if (same.tm_mday != day || same.tm_mon != month - 1)
    return false;
  if (*text == '\0')
    return true;
  if (!skip(&text, 'T') && !skip(&text, 't') && !skip(&text, ' '))
    return false;
  return read_clock(&text, moment) && read_zone(&text, moment) && *text == '\0';
}

/* Whether the zone's clocks show exactly that then. */
static bool local_try(const struct tm *tm, int dst, time_t *seconds) {
  struct tm guess = *tm, back;
  guess.tm_isdst = dst;
  *seconds = mktime(&guess);
  if (*seconds == (time_t)-1 || !localtime_r(seconds, &back))
    return false;
  return back.tm_mday == tm->tm_mday && back.tm_hour == tm->tm_hour && back.tm_min == tm->tm_min;
}

static bool moment_ms(const char *text, const struct moment *moment, int64_t *ms, struct err *err) {
  struct tm tm = moment->tm;
  time_t winter, summer;
  if (moment->zoned) {
    *ms = ((int64_t)timegm(&tm) - moment->zone_minutes * 60) * 1000 + moment->ms;
    return true;
  }
  bool in_winter = local_try(&tm, 0, &winter), in_summer = local_try(&tm, 1, &summer);
  if (in_winter && in_summer && winter != summer)
    return err_set(
        err, ERR_INVALID,
        "\"%.60s\" is ambiguous because the clocks are set back then; append its zone, +01:00 or Z",
        text);
  if (!in_winter && !in_summer)
    return err_set(err, ERR_INVALID,
                   "\"%.60s\" does not exist because the clocks are set forward then", text);
  *ms = (int64_t)(in_winter ? winter : summer) * 1000 + moment->ms;
  return true;
}

static bool whole_number(const char *text, int64_t *number) {
  char *end;
  const char *first = *text == '+' || *text == '-' ? text + 1 : text;
  if (!isdigit((unsigned char)*first))
    return false;
  errno = 0;
  *number = strtoll(text, &end, 10);
  return errno == 0 && *end == '\0';
}

static bool parse_number(const char *text, struct kafka_to *to) {
  static const char prefix[] = "offset:";
  bool named = strncmp(text, prefix, sizeof prefix - 1) == 0;
  const char *number = named ? text + sizeof prefix - 1 : *text == '@' ? text + 1 : text;
  bool sign = *number == '+' || *number == '-';
  if (!whole_number(number, &to->number) || (sign && number != text))
    return false;
  if (sign)
    to->kind = KAFKA_TO_SHIFT;
  else if (*text == '@' || (!named && strlen(text) == EPOCH_DIGITS))
    to->kind = KAFKA_TO_TIME;
  else
    to->kind = KAFKA_TO_OFFSET;
  return true;
}

/* "2h ago", "2h" */
static bool parse_ago(const char *text, int64_t now_ms, struct kafka_to *to) {
  char duration[32];
  int64_t ms;
  size_t length = strcspn(text, " ");
  if (length >= sizeof duration || (text[length] && strcmp(text + length, " ago") != 0))
    return false;
  memcpy(duration, text, length);
  duration[length] = '\0';
  if (!duration_parse(duration, &ms, NULL) || ms > now_ms)
    return false;
  *to = (struct kafka_to){KAFKA_TO_TIME, now_ms - ms};
  return true;
}

bool kafka_to_parse(const char *text, int64_t now_ms, struct kafka_to *to, struct err *err) {
  struct moment moment = {0};
  *to = (struct kafka_to){0};
  if (strcmp(text, "earliest") == 0)
    return true;
  if (strcmp(text, "latest") == 0 || strcmp(text, "end") == 0) {
    to->kind = KAFKA_TO_LATEST;
    return true;
  }
  if (parse_number(text, to) || parse_ago(text, now_ms, to))
    return true;
  to->kind = KAFKA_TO_TIME;
  if (read_moment(text, &moment))
    return moment_ms(text, &moment, &to->number, err);
  return err_set(err, ERR_INVALID,
                 "\"%.60s\" is not a position in a log; write earliest, latest, an offset, +20, "
                 "-20, 2h ago, 2026-11-25T14:03 or @1795572207000",
                 text);
}

bool kafka_to_check(const char *text, struct err *err) {
  struct kafka_to to;
  return kafka_to_parse(text, INT64_MAX, &to, err);
}

bool kafka_before_check(const char *text, struct err *err) {
  struct kafka_to to;
  if (!kafka_to_parse(text, INT64_MAX, &to, err))
    return false;
  if (to.kind == KAFKA_TO_EARLIEST || to.kind == KAFKA_TO_SHIFT)
    return err_set(err, ERR_INVALID,
                   "\"%.60s\" is not a position to delete up to; write an offset, a time or end",
                   text);
  return true;
}

const char *kafka_time_text(int64_t ms, char out[KAFKA_TIME_TEXT]) {
  char local[FORMAT_MAX], utc[FORMAT_MAX];
  format_time(local, sizeof local, ms, false, true);
  format_time(utc, sizeof utc, ms, true, true);
  if (strcmp(local, utc) == 0)
    snprintf(out, KAFKA_TIME_TEXT, "%s UTC", utc);
  else
    snprintf(out, KAFKA_TIME_TEXT, "%s (%s UTC)", local, utc);
  return out;
}
