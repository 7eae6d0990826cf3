#include "actions/kafka/kafka_to.h"

#include "core/quantity.h"
#include "core/text/format.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A bare number of 13 digits is a time from 2001 to 2286 in milliseconds; no log has reached such
 * an offset. */
enum { EPOCH_DIGITS = 13 };

/* Lengths of "2026-11-25", "2026-11-25T14:03" and "2026-11-25T14:03:27". */
enum { DATE = 10, MINUTES = 16, SECONDS = 19 };
enum { ZONE_MOST_S = 15 * 3600 };

struct moment {
  struct tm tm; /* with tm_gmtoff where it is zoned */
  int64_t ms;
  bool zoned;
};

/* Reads the date, and the time as far as it is given; returns the rest of the text. NULL if it is
 * not a date: what strptime is lenient with (a single digit, the 30th of February, 04:00:60) looks
 * different when it is formatted again. */
static const char *read_clock(const char *text, struct tm *tm) {
  static const struct {
    const char *format;
    size_t length;
  } forms[] = {{"%Y-%m-%dT%H:%M:%S", SECONDS}, {"%Y-%m-%dT%H:%M", MINUTES}, {"%Y-%m-%d", DATE}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    char again[40];
    *tm = (struct tm){0};
    const char *rest = strptime(text, forms[i].format, tm);
    struct tm same = *tm;
    if (!rest || rest != text + forms[i].length || timegm(&same) < 0)
      continue;
    strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%S", &same);
    if (memcmp(again, text, forms[i].length) == 0)
      return rest;
  }
  return NULL;
}

/* ".5" of a second; true where there is none. */
static bool read_fraction(const char **at, int64_t *ms) {
  int64_t scale = 100;
  if (**at != '.')
    return true;
  for ((*at)++; isdigit((unsigned char)**at); (*at)++, scale /= 10)
    *ms += (**at - '0') * scale;
  return (*at)[-1] != '.';
}

static bool read_moment(const char *text, struct moment *moment) {
  char copy[64];
  if (strlen(text) >= sizeof copy)
    return false;
  snprintf(copy, sizeof copy, "%s", text);
  if (strlen(copy) > DATE && strchr("t ", copy[DATE]))
    copy[DATE] = 'T';
  const char *rest = read_clock(copy, &moment->tm);
  if (!rest || (rest == copy + SECONDS && !read_fraction(&rest, &moment->ms)))
    return false;
  if (*rest == '\0')
    return true;
  if (rest == copy + DATE || !strchr("+-Zz", *rest))
    return false;
  moment->zoned = true; /* Z, +01, +0100, +01:00 */
  if (*rest == 'z')
    copy[rest - copy] = 'Z';
  rest = strptime(rest, "%z", &moment->tm);
  return rest && *rest == '\0' && labs(moment->tm.tm_gmtoff) < ZONE_MOST_S;
}

/* Whether the zone's clocks show exactly that time then. */
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
    const int64_t offset_s = tm.tm_gmtoff; /* which timegm sets to 0 */
    *ms = ((int64_t)timegm(&tm) - offset_s) * 1000 + moment->ms;
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
