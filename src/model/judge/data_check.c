#include "model/judge/data_check.h"

#include "core/text/format.h"
#include "model/judge/rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits of a number that is no whole one; more of them where a value would look like its limit. */
enum { DIGITS = 3, DIGITS_MORE = 9, QUOTED_MAX = 60 };

void data_checks_free(struct data_check *checks, size_t count) {
  for (size_t i = 0; i < count; i++) {
    free(checks[i].name);
    free(checks[i].sql);
    free(checks[i].unit);
    free(checks[i].expect);
    free(checks[i].origins);
  }
  free(checks);
}

static void number_text(const struct data_check *check, double number, int digits,
                        char out[FORMAT_MAX]) {
  if (strcmp(check->unit, "bytes") == 0)
    format_bytes(out, FORMAT_MAX, number);
  else if (strcmp(check->unit, "seconds") == 0)
    format_duration(out, FORMAT_MAX, number);
  else if (fabs(number) < 1e15 && floor(number) == number)
    format_count(out, FORMAT_MAX, (int64_t)number);
  else if (fabs(number) >= 1000 && fabs(number) < 1e15 && digits == DIGITS)
    format_count(out, FORMAT_MAX, llround(number));
  else
    snprintf(out, FORMAT_MAX, "%.*g", digits, number);
}

/* What follows the number: "% null" at once, " rows" after a space. limit: of "% null" only "%". */
static void unit_text(const struct data_check *check, bool limit, char *out, size_t size) {
  const char *unit = check->unit;
  const bool percent = *unit == '%';
  if (!*unit || strcmp(unit, "bytes") == 0 || strcmp(unit, "seconds") == 0 || (limit && !percent))
    *out = '\0';
  else if (limit)
    snprintf(out, size, "%%");
  else
    snprintf(out, size, "%s%s", percent ? "" : " ", unit);
}

static void limit_text(const struct data_check *check, double limit, char out[FORMAT_MAX]) {
  char number[FORMAT_MAX], unit[4];
  number_text(check, limit, DIGITS_MORE, number);
  unit_text(check, true, unit, sizeof unit);
  snprintf(out, FORMAT_MAX, "%.40s%s", number, unit);
}

void data_check_limits(const struct data_check *check, char *out, size_t size) {
  const struct threshold *threshold = &check->threshold;
  const char *side = threshold->below ? "below" : "above";
  char warn[FORMAT_MAX], crit[FORMAT_MAX];
  limit_text(check, threshold->warn, warn);
  limit_text(check, threshold->crit, crit);
  if (check->expect)
    snprintf(out, size, "not %.*s", QUOTED_MAX, check->expect);
  else if (threshold->has_warn && threshold->has_crit)
    snprintf(out, size, "%s %s, critical %s", side, warn, crit);
  else if (threshold->has_warn || threshold->has_crit)
    snprintf(out, size, "%s%s %s", threshold->has_warn ? "" : "critical ", side,
             threshold->has_warn ? warn : crit);
  else
    *out = '\0';
}

static bool number_read(const char *cell, double *number) {
  char *end;
  *number = strtod(cell, &end);
  return end != cell && !*end && isfinite(*number);
}

/* A digest is as good as its beginning, and a text is long. */
static void judge_text(const struct data_check *check, const char *cell,
                       struct data_verdict *verdict) {
  if (strcmp(cell, check->expect) == 0)
    return;
  verdict->severity = SEVERITY_WARN;
  snprintf(verdict->reason, sizeof verdict->reason, "\"%.*s\", expected \"%.*s\"", QUOTED_MAX, cell,
           QUOTED_MAX, check->expect);
}

static void judge_number(const struct data_check *check, double number,
                         struct data_verdict *verdict) {
  const struct threshold *threshold = &check->threshold;
  char shown[FORMAT_MAX], unit[DATA_CHECK_TEXT_MAX], limit[FORMAT_MAX];
  verdict->number = floor(number) == number && fabs(number) < 1e15 ? value_int((int64_t)number)
                                                                   : value_real(number);
  verdict->severity = threshold_judge(threshold, verdict->number);
  number_text(check, number, DIGITS, shown);
  unit_text(check, false, unit, sizeof unit);
  limit_text(check, verdict->severity == SEVERITY_CRIT ? threshold->crit : threshold->warn, limit);
  if (verdict->severity != SEVERITY_OK && strncmp(limit, shown, strlen(shown)) == 0)
    number_text(check, number, DIGITS_MORE, shown);
  snprintf(verdict->shown, sizeof verdict->shown, "%s%.100s", shown, unit);
  if (verdict->severity != SEVERITY_OK)
    snprintf(verdict->reason, sizeof verdict->reason, "%s, %s %s", verdict->shown,
             threshold->below ? "below" : "above", limit);
}

void data_check_judge(const struct data_check *check, const char *cell,
                      struct data_verdict *verdict) {
  double number;
  *verdict = (struct data_verdict){.number = value_none(NULL)};
  if (!cell) {
    verdict->severity = SEVERITY_UNKNOWN;
    snprintf(verdict->reason, sizeof verdict->reason, "no value: the result is NULL");
    return;
  }
  snprintf(verdict->shown, sizeof verdict->shown, "%s", cell);
  if (check->expect) {
    judge_text(check, cell, verdict);
  } else if (number_read(cell, &number)) {
    judge_number(check, number, verdict);
  } else if (check->threshold.has_warn || check->threshold.has_crit) {
    verdict->severity = SEVERITY_UNKNOWN;
    snprintf(verdict->reason, sizeof verdict->reason, "\"%.*s\" is not a number", QUOTED_MAX, cell);
  }
}
