#include "io/zone.h"

#include "core/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file of a zone begins with this. */
static const char magic[] = "TZif";

static const char *zones_folder(void) {
  const char *folder = getenv("TZDIR");
  return folder && *folder == '/' ? folder : "/usr/share/zoneinfo";
}

bool zone_check(const char *zone, struct err *err) {
  char begin[sizeof magic - 1];
  if (strcmp(zone, "UTC") == 0)
    return true;
  const bool plain = *zone && *zone != '/' && !strstr(zone, "..");
  char *path = mem_printf("%s/%s", zones_folder(), zone);
  const int fd = plain ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
  const bool good = fd >= 0 && read(fd, begin, sizeof begin) == (ssize_t)sizeof begin &&
                    memcmp(begin, magic, sizeof begin) == 0;
  if (fd >= 0)
    close(fd);
  free(path);
  return good || err_set(err, ERR_INVALID,
                         "unknown time zone \"%.60s\"; use a name such as UTC or Europe/Berlin, "
                         "of %.60s",
                         zone, zones_folder());
}

/* ---- conversions */

static char *zone_enter(const char *zone) {
  const char *before = getenv("TZ");
  char *kept = before ? mem_dup(before) : NULL;
  if (*zone)
    setenv("TZ", zone, 1);
  tzset();
  return kept;
}

static void zone_leave(const char *zone, char *kept) {
  if (*zone && kept)
    setenv("TZ", kept, 1);
  else if (*zone)
    unsetenv("TZ");
  tzset();
  free(kept);
}

/* Which of two possible answers mktime gives depends on tm_isdst: both are tried. */
int64_t zone_instant_ms(const char *zone, const struct tm *moment) {
  char *kept = zone_enter(zone);
  time_t first = -1;
  for (int isdst = 1; isdst >= 0; isdst--) {
    struct tm guess = *moment, back;
    guess.tm_isdst = isdst;
    const time_t at = mktime(&guess);
    const bool same = localtime_r(&at, &back) && back.tm_hour == moment->tm_hour &&
                      back.tm_min == moment->tm_min && back.tm_mday == moment->tm_mday;
    if (same && (first == -1 || at < first))
      first = at;
  }
  if (first == -1) { /* skipped: as with the time before */
    struct tm guess = *moment;
    guess.tm_isdst = 0;
    first = mktime(&guess);
  }
  zone_leave(zone, kept);
  return (int64_t)first * 1000;
}

void zone_moment(const char *zone, int64_t ms, struct tm *moment) {
  char *kept = zone_enter(zone);
  const time_t seconds = (time_t)(ms / 1000);
  if (!localtime_r(&seconds, moment))
    gmtime_r(&seconds, moment);
  zone_leave(zone, kept);
}
