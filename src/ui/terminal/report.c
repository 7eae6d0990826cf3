#include "ui/terminal/report.h"

#include <stdlib.h>
#include <string.h>

void reports_csi(struct reports *reports, const char *parameters, char final) {
  static const char sync[] = "?2026;";
  if (final == 'n' && strcmp(parameters, "0") == 0)
    reports->arrivals++;
  else if (final == 'n' && strcmp(parameters, "?997;1") == 0)
    reports->scheme = SCHEME_DARK;
  else if (final == 'n' && strcmp(parameters, "?997;2") == 0)
    reports->scheme = SCHEME_LIGHT;
  else if (final == 'y' && strncmp(parameters, sync, sizeof sync - 1) == 0)
    /* 0: unknown, 4: cannot be set */
    reports->synchronized =
        strchr("123", parameters[sizeof sync - 1]) && parameters[sizeof sync - 1];
}

/* One to four hexadecimal digits as 0 to 1, and the end; negative: not that. */
static double part_read(const char **text) {
  enum { DIGITS_MAX = 4 };
  const size_t digits = strspn(*text, "0123456789abcdefABCDEF");
  if (digits < 1 || digits > DIGITS_MAX)
    return -1;
  const double value = (double)strtoul(*text, NULL, 16), most = (double)((1UL << 4 * digits) - 1);
  *text += digits;
  return value / most;
}

void reports_osc(struct reports *reports, const char *text) {
  static const char background[] = "11;rgb";
  static const double weights[] = {0.2126, 0.7152, 0.0722}; /* of brightness, as the eye sees it */
  double brightness = 0;
  if (strncmp(text, background, sizeof background - 1) != 0)
    return;
  text += sizeof background - 1;
  if (*text == 'a') /* rgba: */
    text++;
  if (*text != ':')
    return;
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    if (i > 0 && *text != '/')
      return;
    text++;
    const double part = part_read(&text);
    if (part < 0)
      return;
    brightness += weights[i] * part;
  }
  reports->scheme = brightness > 0.5 ? SCHEME_LIGHT : SCHEME_DARK;
}
