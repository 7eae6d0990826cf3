#include "core/since.h"

#include "core/quantity.h"

#include <string.h>
#include <time.h>

/* The end of the text that one of the forms matches; NULL if none does. */
static const char *form_fit(const char *text, struct tm *tm, bool *with_date) {
  static const char *const forms[] = {
      "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
      "%Y-%m-%d",          "%H:%M:%S",          "%H:%M"};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    struct tm read = {.tm_isdst = -1};
    const char *end = strptime(text, forms[i], &read);
    if (!end || (*end && strcmp(end, "Z") != 0))
      continue;
    *tm = read;
    *with_date = forms[i][1] == 'Y';
    return end;
  }
  return NULL;
}

static void date_today(struct tm *tm, int64_t now_ms, bool utc) {
  const time_t now = (time_t)(now_ms / 1000);
  struct tm today;
  if (utc)
    gmtime_r(&now, &today);
  else
    localtime_r(&now, &today);
  tm->tm_year = today.tm_year;
  tm->tm_mon = today.tm_mon;
  tm->tm_mday = today.tm_mday;
}

bool since_parse(const char *text, int64_t now_ms, bool utc, int64_t *ms, struct err *err) {
  struct tm tm;
  bool with_date;
  int64_t ago;
  struct err why;
  if (duration_parse(text, &ago, &why)) {
    *ms = now_ms - ago;
    return true;
  }
  const char *end = form_fit(text, &tm, &with_date);
  if (!end)
    return err_set(err, ERR_INVALID,
                   "\"%.64s\" is neither a duration nor a time; use a form such as 2h, 2026-11-24, "
                   "\"2026-11-24 14:03\" or 14:03",
                   text);
  utc = utc || *end == 'Z';
  if (!with_date)
    date_today(&tm, now_ms, utc);
  *ms = (int64_t)(utc ? timegm(&tm) : mktime(&tm)) * 1000;
  return true;
}
