#include "clients/service/service_series.h"

#include "core/mem.h"
#include "core/number.h"
#include "core/quantity.h"
#include "model/judge/rules.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void skip_spaces(const char **at) {
  *at += strspn(*at, " \t\n");
}

static bool take(const char **at, const char *what) {
  skip_spaces(at);
  const size_t len = strlen(what);
  if (strncmp(*at, what, len) != 0)
    return false;
  *at += len;
  return true;
}

/* "rate(", with or without a space. */
static bool take_call(const char **at, const char *name) {
  const char *start = *at;
  if (take(at, name) && take(at, "("))
    return true;
  *at = start;
  return false;
}

/* A word up to the next space or one of `stop`; "" at the end. */
static void take_word(const char **at, const char *stop, char word[64]) {
  skip_spaces(at);
  size_t len = 0;
  for (; **at && !isspace((unsigned char)**at) && !strchr(stop, **at); ++*at)
    if (len < 63)
      word[len++] = **at;
  word[len] = '\0';
}

static bool ends_with(const char *text, const char *end) {
  const size_t len = strlen(text), wanted = strlen(end);
  return len >= wanted && strcmp(text + len - wanted, end) == 0;
}

/* ---- what is computed */

/* "[5m]", or nothing: a minute. */
static bool window_parse(const char **at, struct series_operand *operand, struct err *err) {
  char word[64];
  struct err why;
  operand->window_ms = SERIES_WINDOW_MS;
  if (!take(at, "["))
    return true;
  take_word(at, "]", word);
  if (!duration_parse_within(word, SERIES_WINDOW_MIN_MS, SERIES_WINDOW_MAX_MS, &operand->window_ms,
                             &why))
    return err_set(err, ERR_INVALID, "window: %s", why.text);
  return take(at, "]") || err_set(err, ERR_INVALID, "expected ] at \"%.40s\"", *at);
}

static bool quantile_parse(const char **at, struct series_operand *operand, struct err *err) {
  char word[64];
  take_word(at, ",)", word);
  if (!number_real(word, &operand->quantile) || operand->quantile <= 0 || operand->quantile >= 1)
    return err_set(err, ERR_INVALID,
                   "\"%s\" is not a quantile; write a number between 0 and 1, such as 0.95", word);
  return take(at, ",") || err_set(err, ERR_INVALID, "expected a comma at \"%.40s\"", *at);
}

static void name_buckets(struct service_selector *selector) {
  if (ends_with(selector->name, "_bucket"))
    return;
  char *name = mem_printf("%s_bucket", selector->name);
  free(selector->name);
  selector->name = name;
}

static bool operand_rest(const char **at, struct series_operand *operand, struct err *err) {
  const bool called = operand->as != SERIES_SUM;
  if (operand->as == SERIES_QUANTILE)
    name_buckets(&operand->selector);
  if (called && !window_parse(at, operand, err))
    return false;
  if (!called && take(at, "["))
    return err_set(err, ERR_INVALID, "a window is for rate() and quantile()");
  return !called || take(at, ")") || err_set(err, ERR_INVALID, "expected ) at \"%.40s\"", *at);
}

static bool operand_parse(const char **at, struct series_operand *operand, struct err *err) {
  *operand = (struct series_operand){.as = SERIES_SUM};
  if (take_call(at, "rate"))
    operand->as = SERIES_RATE;
  else if (take_call(at, "quantile") || take_call(at, "histogram_quantile"))
    operand->as = SERIES_QUANTILE;
  if (operand->as == SERIES_QUANTILE && !quantile_parse(at, operand, err))
    return false;
  skip_spaces(at);
  if (!service_selector_parse(at, &operand->selector, err))
    return false;
  skip_spaces(at);
  if (**at == '(')
    return err_set(err, ERR_INVALID, "unknown function \"%.40s\" (known: rate, quantile)",
                   operand->selector.name);
  return operand_rest(at, operand, err);
}

/* ---- its unit */

/* That of the name without what its type adds: http_request_duration_seconds_sum is in seconds. */
static enum unit unit_of_name(const char *name, const char *end) {
  static const struct {
    const char *end;
    enum unit unit;
  } units[] = {{"_timestamp_seconds", UNIT_TIME},
               {"_start_time_seconds", UNIT_TIME},
               {"_seconds", UNIT_SECONDS},
               {"_bytes", UNIT_BYTES},
               {"_ratio", UNIT_RATIO},
               {NULL, UNIT_COUNT}};
  char base[SELECTOR_NAME_MAX + 16];
  snprintf(base, sizeof base, "%s", name);
  if (ends_with(base, end))
    base[strlen(base) - strlen(end)] = '\0';
  size_t i = 0;
  while (units[i].end && !ends_with(base, units[i].end))
    i++;
  return units[i].unit;
}

static enum unit rate_unit(const char *name, bool *beyond) {
  const enum unit unit = unit_of_name(name, ends_with(name, "_sum") ? "_sum" : "_total");
  *beyond = unit == UNIT_SECONDS; /* seconds in a second: 100% of one CPU */
  return unit == UNIT_SECONDS ? UNIT_RATIO
         : unit == UNIT_BYTES ? UNIT_BYTES_PER_SECOND
                              : UNIT_PER_SECOND;
}

/* Of x_sum / x_count that of x; otherwise a share. */
static enum unit quotient_unit(const struct service_series *series) {
  const char *above = series->operands[0].selector.name, *below = series->operands[1].selector.name;
  const size_t len = strlen(above);
  const bool mean = ends_with(above, "_sum") && ends_with(below, "_count") &&
                    strncmp(above, below, len - strlen("_sum")) == 0;
  return mean ? unit_of_name(above, "_sum") : UNIT_RATIO;
}

static void unit_guess(struct service_series *series) {
  const struct series_operand *first = &series->operands[0];
  series->beyond = true;
  if (series->operand_count == 2)
    series->unit = quotient_unit(series);
  else if (first->as == SERIES_QUANTILE)
    series->unit = unit_of_name(first->selector.name, "_bucket");
  else if (first->as == SERIES_RATE)
    series->unit = rate_unit(first->selector.name, &series->beyond);
  else
    series->unit = unit_of_name(first->selector.name, "_total");
}

/* ---- how it is shown and judged */

static bool limit_parse(const char **at, const char *word, enum unit unit, bool *has, double *limit,
                        struct err *err) {
  char text[64];
  int64_t ms = 0;
  take_word(at, "", text);
  const size_t len = strlen(text);
  const bool rate = unit == UNIT_PER_SECOND || unit == UNIT_BYTES_PER_SECOND;
  *has = true;
  if (!*text)
    return err_set(err, ERR_INVALID, "%s needs a limit", word);
  if (rate && len > 2 && strcmp(text + len - 2, "/s") == 0)
    text[len - 2] = '\0';
  if (unit == UNIT_TIME)
    return err_set(err, ERR_INVALID, "a point in time has no threshold");
  if (unit == UNIT_SECONDS) {
    if (!duration_parse(text, &ms, err))
      return false;
    *limit = (double)ms / 1000;
    return true;
  }
  if (strchr(text, '%') && unit != UNIT_RATIO)
    return err_set(err, ERR_INVALID, "\"%s\" is a share, but its unit is %s", text,
                   unit_name(unit));
  return quantity_parse(text, limit, err);
}

static bool unit_clause(const char **at, struct service_series *series, struct err *err) {
  char word[64];
  take_word(at, "", word);
  if (!unit_parse(word, &series->unit))
    return err_set(err, ERR_INVALID,
                   "unknown unit \"%s\" (known: none, count, bytes, seconds, ratio, per_second, "
                   "bytes_per_second, time_ms)",
                   word);
  return true;
}

static bool for_clause(const char **at, struct threshold *threshold, struct err *err) {
  enum { DAY_MS = 24 * 3600 * 1000 };
  char word[64];
  struct err why;
  take_word(at, "", word);
  return duration_parse_within(word, 0, DAY_MS, &threshold->for_ms, &why) ||
         err_set(err, ERR_INVALID, "for: %s", why.text);
}

static bool clause_parse(const char **at, const char *word, struct service_series *series,
                         struct err *err) {
  struct threshold *threshold = &series->threshold;
  if (strcmp(word, "warn") == 0)
    return limit_parse(at, word, series->unit, &threshold->has_warn, &threshold->warn, err);
  if (strcmp(word, "crit") == 0)
    return limit_parse(at, word, series->unit, &threshold->has_crit, &threshold->crit, err);
  if (strcmp(word, "for") == 0)
    return for_clause(at, threshold, err);
  if (strcmp(word, "below") == 0) {
    threshold->below = true;
    return true;
  }
  if (strcmp(word, "unit") == 0) {
    if (threshold->has_warn || threshold->has_crit)
      return err_set(err, ERR_INVALID, "unit comes before warn and crit");
    return unit_clause(at, series, err);
  }
  return err_set(err, ERR_INVALID, "unknown word \"%s\" (known: warn, crit, for, below, unit, /)",
                 word);
}

static bool clauses_parse(const char **at, struct service_series *series, struct err *err) {
  char word[64];
  for (take_word(at, "", word); *word; take_word(at, "", word))
    if (!clause_parse(at, word, series, err))
      return false;
  const struct threshold *threshold = &series->threshold;
  const bool judged = threshold->has_warn || threshold->has_crit;
  if (!threshold_check(threshold, err))
    return false;
  series->threshold.asked = judged;
  return true;
}

static bool parse(const char *text, struct service_series *series, struct err *err) {
  const char *at = text;
  series->operand_count = 1;
  if (!operand_parse(&at, &series->operands[0], err))
    return false;
  if (take(&at, "/")) {
    series->operand_count = 2;
    if (!operand_parse(&at, &series->operands[1], err))
      return false;
    if (series->operands[0].as == SERIES_QUANTILE || series->operands[1].as == SERIES_QUANTILE)
      return err_set(err, ERR_INVALID, "a quantile is not divided");
  }
  unit_guess(series);
  return clauses_parse(&at, series, err) &&
         (series->unit != UNIT_TIME || series->operand_count == 1 ||
          err_set(err, ERR_INVALID, "a quotient is not a point in time"));
}

bool service_series_parse(const char *text, struct service_series *series, struct err *err) {
  *series = (struct service_series){0};
  if (parse(text, series, err))
    return true;
  service_series_fini(series);
  return false;
}

void service_series_fini(struct service_series *series) {
  for (size_t i = 0; i < 2; i++)
    service_selector_fini(&series->operands[i].selector);
  *series = (struct service_series){0};
}

bool service_series_check(const char *text, struct err *err) {
  struct service_series series;
  if (!service_series_parse(text, &series, err))
    return false;
  service_series_fini(&series);
  return true;
}

bool service_series_name_check(const char *title, struct err *err) {
  static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_- ";
  const size_t len = strlen(title);
  if (len == 0 || len > SERIES_TITLE_MAX || title[strspn(title, allowed)] || *title == ' ' ||
      title[len - 1] == ' ')
    return err_set(err, ERR_INVALID,
                   "\"%.40s\" is not a title; use 1 to %d letters, digits, spaces, _ and -", title,
                   SERIES_TITLE_MAX);
  return true;
}

void service_series_id(const char *title, char id[SERIES_TITLE_MAX + 1]) {
  size_t i = 0;
  for (; title[i] && i < SERIES_TITLE_MAX; i++)
    id[i] = isalnum((unsigned char)title[i]) ? (char)tolower((unsigned char)title[i]) : '_';
  id[i] = '\0';
}
