#include "core/quantity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scale {
  const char *suffix;
  double factor;
};

/* A number and one of the suffixes, and nothing after it. */
static bool scaled_parse(const char *text, const struct scale *scales, double *number) {
  char *end;
  errno = 0;
  *number = strtod(text, &end);
  /* strtod also accepts "inf", "nan" and "0x10", which are not meant here. */
  if (end == text || errno == ERANGE || !isfinite(*number) || strpbrk(text, "xX"))
    return false;
  while (*end == ' ')
    end++;
  for (; scales->suffix; scales++) {
    if (strcmp(end, scales->suffix) == 0) {
      *number *= scales->factor;
      return isfinite(*number);
    }
  }
  return false;
}

bool duration_parse(const char *text, int64_t *ms, struct err *err) {
  static const struct scale scales[] = {{"ms", 1},      {"s", 1000},       {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000.0}, {NULL, 0}};
  double number;
  if (!scaled_parse(text, scales, &number) || number < 0 || number > 86400000.0 * 36500)
    return err_set(err, ERR_INVALID,
                   "\"%.80s\" is not a duration; use a number and a unit, such as 300ms or 2s",
                   text);
  *ms = llround(number);
  return true;
}

const char *duration_text(char out[DURATION_TEXT_MAX], int64_t ms) {
  static const struct {
    int64_t ms;
    const char *suffix;
  } steps[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
  enum { SECONDS = 3, LAST };
  size_t i = 0;
  while (i < LAST && ms % steps[i].ms != 0)
    i++;
  if (ms == 0)
    i = SECONDS;
  snprintf(out, DURATION_TEXT_MAX, "%lld%s", (long long)(ms / steps[i].ms), steps[i].suffix);
  return out;
}

bool duration_parse_within(const char *text, int64_t least, int64_t most, int64_t *ms,
                           struct err *err) {
  char from[DURATION_TEXT_MAX], to[DURATION_TEXT_MAX];
  if (!duration_parse(text, ms, err))
    return false;
  return (*ms >= least && *ms <= most) ||
         err_set(err, ERR_INVALID, "%.40s is out of range: %s to %s", text,
                 duration_text(from, least), duration_text(to, most));
}

bool quantity_parse(const char *text, double *quantity, struct err *err) {
  static const struct scale scales[] = {
      {"", 1},      {"%", 0.01},   {"k", 1e3},      {"M", 1e6},         {"G", 1e9},
      {"kB", 1024}, {"KB", 1024},  {"MB", 1048576}, {"GB", 1073741824}, {"TB", 1099511627776},
      {"B", 1},     {"ms", 0.001}, {"s", 1},        {"m", 60},          {"h", 3600},
      {"d", 86400}, {"/s", 1},     {NULL, 0}};
  if (!scaled_parse(text, scales, quantity))
    return err_set(err, ERR_INVALID,
                   "\"%.80s\" is not a quantity; use a form such as 10000, 80%%, 2GB, 5s or 1.5",
                   text);
  return true;
}

/* ---- in a unit */

/* The suffixes that quantity_parse accepts and that fit a unit. */
static const char *const no_suffixes[] = {"", "k", "M", "G", NULL};
static const char *const byte_suffixes[] = {"", "B", "kB", "KB", "MB", "GB", "TB", NULL};
static const char *const ratio_suffixes[] = {"", "%", NULL};

struct unit_form {
  const char *const *suffixes;
  const char *expected;
};

static const struct unit_form unit_forms[] = {
    [UNIT_NONE] = {no_suffixes, "a number: 10000 or 1.5"},
    [UNIT_COUNT] = {no_suffixes, "a number: 10000 or 10k"},
    [UNIT_BYTES] = {byte_suffixes, "a size: 500MB or 2GB"},
    [UNIT_SECONDS] = {NULL, "a duration: 300ms, 2s, 5m, 1h or 3d"},
    [UNIT_RATIO] = {ratio_suffixes, "a share: 80% or 0.8"},
    [UNIT_PER_SECOND] = {no_suffixes, "a rate: 100/s or 10k"},
    [UNIT_BYTES_PER_SECOND] = {byte_suffixes, "a rate: 10MB/s"},
    [UNIT_TIME] = {NULL, "allowed here: a point in time has no threshold"},
};

static bool has_suffix(const char *text, const char *const *suffixes) {
  const char *suffix = text + strspn(text, "+-.0123456789eE");
  while (*suffix == ' ')
    suffix++;
  for (; *suffixes; suffixes++)
    if (strcmp(*suffixes, suffix) == 0)
      return true;
  return false;
}

/* Without the "/s" of a rate. */
static void strip_per_second(enum unit unit, char *text) {
  size_t length = strlen(text);
  if ((unit == UNIT_PER_SECOND || unit == UNIT_BYTES_PER_SECOND) && length > 2 &&
      strcmp(text + length - 2, "/s") == 0)
    text[length - 2] = '\0';
}

bool quantity_parse_in(enum unit unit, const char *text, double *quantity, struct err *err) {
  const struct unit_form *form = &unit_forms[unit];
  char number[64];
  size_t length = strlen(text);
  if (length >= sizeof number)
    return err_set(err, ERR_INVALID, "\"%.40s...\" is not %s", text, form->expected);
  memcpy(number, text, length + 1);
  strip_per_second(unit, number);
  int64_t ms = 0;
  bool good;
  if (unit == UNIT_SECONDS) {
    good = duration_parse(number, &ms, err);
    *quantity = (double)ms / 1000;
  } else {
    good = form->suffixes && has_suffix(number, form->suffixes) &&
           quantity_parse(number, quantity, err);
  }
  if (!good)
    return err_set(err, ERR_INVALID, "\"%s\" is not %s", text, form->expected);
  bool never_negative = unit == UNIT_RATIO || unit == UNIT_BYTES;
  if (never_negative && *quantity < 0)
    return err_set(err, ERR_INVALID, "\"%s\" is negative; write %s", text, form->expected);
  if (unit == UNIT_RATIO && *quantity > 1 && !strchr(text, '%'))
    return err_set(err, ERR_INVALID, "\"%s\" is more than 100%%; write %s%% (or 0.8 for 80%%)",
                   text, text);
  return true;
}
