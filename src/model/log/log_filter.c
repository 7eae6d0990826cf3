#include "model/log/log_filter.h"

#include "core/mem.h"
#include "core/number.h"
#include "core/text/text.h"
#include "model/log/log_fields.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum comparison { EQUAL, NOT_EQUAL, LESS, AT_MOST, MORE, AT_LEAST, MATCHES, MATCHES_NOT };

struct condition {
  char *name;
  const char *value; /* in source */
  enum comparison how;
  bool is_number;
  double number;
  struct pattern *pattern; /* MATCHES */
};

struct log_filter {
  struct log_filter_spec spec; /* its texts are owned */
  char *conditions[LOG_CONDITIONS_MAX];
  struct pattern *grep, *exclude;
  struct pattern *needle; /* the name of a field in its quotes; NULL: none */
  struct condition parsed[LOG_CONDITIONS_MAX];
  uint64_t *given_up; /* apart: a filter is const for those who use it */
};

static const struct {
  const char *text;
  enum comparison how;
} operators[] = {{"!=", NOT_EQUAL}, {"<=", AT_MOST}, {">=", AT_LEAST}, {"!~", MATCHES_NOT},
                 {"=", EQUAL},      {"<", LESS},     {">", MORE},      {"~", MATCHES}};

static bool compares_size(enum comparison how) {
  return how == LESS || how == AT_MOST || how == MORE || how == AT_LEAST;
}

static bool condition_parse(struct condition *condition, const char *text, struct err *err) {
  const size_t name = strcspn(text, "=!<>~");
  const char *rest = text + name;
  size_t i = 0;
  while (i < sizeof operators / sizeof *operators &&
         strncmp(rest, operators[i].text, strlen(operators[i].text)) != 0)
    i++;
  if (name == 0 || i == sizeof operators / sizeof *operators)
    return err_set(err, ERR_INVALID,
                   "field \"%.80s\": use a form such as status=500, user!=root, duration>5 or "
                   "path~^/api",
                   text);
  condition->how = operators[i].how;
  condition->name = mem_new(name + 1);
  memcpy(condition->name, text, name);
  condition->value = rest + strlen(operators[i].text);
  condition->is_number = number_real(condition->value, &condition->number);
  if (compares_size(condition->how) && !condition->is_number)
    return err_set(err, ERR_INVALID, "field \"%.80s\": \"%.40s\" is not a number", text,
                   condition->value);
  if (condition->how != MATCHES && condition->how != MATCHES_NOT)
    return true;
  struct err why;
  condition->pattern = pattern_new(condition->value, PATTERN_CASE_SMART, &why);
  return condition->pattern || err_set(err, ERR_INVALID, "field \"%.80s\": %.150s", text, why.text);
}

static bool pattern_take(struct pattern **pattern, const char *what, const char *text,
                         struct err *err) {
  struct err why;
  if (!text)
    return true;
  *pattern = pattern_new(text, PATTERN_CASE_SMART, &why);
  return *pattern || err_set(err, ERR_INVALID, "%s: %.200s", what, why.text);
}

/* "request.duration" may be written {"request": {"duration": ...}} or as one name: both end so. A
 * name that JSON may write in several ways is not looked for. */
static struct pattern *needle_new(const char *name) {
  const char *dot = strrchr(name, '.');
  char *text = mem_printf("%s\"", dot ? dot + 1 : name);
  struct pattern *needle = NULL;
  bool plain = true;
  for (const char *at = text; *at; at++)
    plain = plain && (isalnum((unsigned char)*at) || strchr("_- \"", *at));
  if (plain)
    needle = pattern_new(text, PATTERN_CASE_EXACT, NULL);
  free(text);
  return needle;
}

static char *text_or_null(const char *text) {
  return text && *text ? mem_dup(text) : NULL;
}

struct log_filter *log_filter_new(const struct log_filter_spec *spec, struct err *err) {
  struct log_filter *filter = mem_new(sizeof *filter);
  filter->given_up = mem_new(sizeof *filter->given_up);
  filter->spec = (struct log_filter_spec){.grep = text_or_null(spec->grep),
                                          .exclude = text_or_null(spec->exclude),
                                          .level = spec->level,
                                          .conditions = (const char *const *)filter->conditions,
                                          .source = text_or_null(spec->source),
                                          .source_exact = spec->source_exact};
  bool good = spec->condition_count <= LOG_CONDITIONS_MAX ||
              err_set(err, ERR_LIMIT, "more than %d conditions on fields", LOG_CONDITIONS_MAX);
  for (size_t i = 0; good && i < spec->condition_count; i++) {
    filter->conditions[i] = mem_dup(spec->conditions[i]);
    filter->spec.condition_count = i + 1;
    good = condition_parse(&filter->parsed[i], filter->conditions[i], err);
  }
  if (good && spec->condition_count > 0)
    filter->needle = needle_new(filter->parsed[0].name);
  good = good && pattern_take(&filter->grep, "grep", filter->spec.grep, err) &&
         pattern_take(&filter->exclude, "exclude", filter->spec.exclude, err);
  if (good)
    return filter;
  log_filter_free(filter);
  return NULL;
}

void log_filter_free(struct log_filter *filter) {
  if (!filter)
    return;
  for (size_t i = 0; i < LOG_CONDITIONS_MAX; i++) {
    free(filter->conditions[i]);
    free(filter->parsed[i].name);
    pattern_free(filter->parsed[i].pattern);
  }
  free(filter->given_up);
  pattern_free(filter->grep);
  pattern_free(filter->needle);
  pattern_free(filter->exclude);
  free((char *)filter->spec.grep);
  free((char *)filter->spec.exclude);
  free((char *)filter->spec.source);
  free(filter);
}

struct log_filter *log_filter_dup(const struct log_filter *filter) {
  struct log_filter *copy = filter ? log_filter_new(&filter->spec, NULL) : NULL;
  if (filter && !copy)
    mem_failed(); /* it was valid */
  return copy;
}

const struct log_filter_spec *log_filter_spec(const struct log_filter *filter) {
  return &filter->spec;
}

bool log_filter_is_empty(const struct log_filter *filter) {
  return !filter || (!filter->grep && !filter->exclude && filter->spec.level == LOG_LEVEL_NONE &&
                     filter->spec.condition_count == 0);
}

const struct pattern *log_filter_grep(const struct log_filter *filter) {
  return filter ? filter->grep : NULL;
}

const struct pattern *log_filter_needle(const struct log_filter *filter) {
  return !filter ? NULL : filter->grep ? filter->grep : filter->needle;
}

static bool number_holds(enum comparison how, double a, double b) {
  switch (how) {
  case EQUAL:
    return a == b;
  case NOT_EQUAL:
    return a != b;
  case LESS:
    return a < b;
  case AT_MOST:
    return a <= b;
  case MORE:
    return a > b;
  default:
    return a >= b;
  }
}

/* A search that is given up counts as no match, and is counted. */
static bool matches(const struct pattern *pattern, const char *text, size_t len, bool *given_up) {
  struct pattern_span span;
  const int found = pattern_search(pattern, text, len, 0, &span);
  *given_up = *given_up || found < 0;
  return found > 0;
}

static bool condition_holds(const struct condition *condition, const struct log_fields *fields,
                            bool *given_up) {
  const char *value = log_fields_find(fields, condition->name);
  double number;
  if (!value)
    return false;
  if (condition->pattern)
    return matches(condition->pattern, value, strlen(value), given_up) ==
           (condition->how == MATCHES);
  if (condition->is_number && number_real(value, &number))
    return number_holds(condition->how, number, condition->number);
  const bool same = strcmp(value, condition->value) == 0;
  return condition->how == EQUAL ? same : condition->how == NOT_EQUAL && !same;
}

static bool conditions_hold(const struct log_filter *filter, const struct log_record *record,
                            bool *given_up) {
  if (filter->spec.condition_count == 0)
    return true;
  struct log_fields fields;
  if (!record->json || !log_fields_read(&fields, record->text, record->len))
    return false;
  for (size_t i = 0; i < filter->spec.condition_count; i++)
    if (!condition_holds(&filter->parsed[i], &fields, given_up))
      return false;
  return true;
}

static bool passes(const struct log_filter *filter, const struct log_record *record,
                   bool *given_up) {
  if (record->level < filter->spec.level)
    return false;
  if (filter->grep && !matches(filter->grep, record->text, record->len, given_up))
    return false;
  if (filter->exclude && matches(filter->exclude, record->text, record->len, given_up))
    return false;
  return conditions_hold(filter, record, given_up);
}

bool log_filter_passes(const struct log_filter *filter, const struct log_record *record) {
  bool given_up = false;
  if (!filter)
    return true;
  const bool good = passes(filter, record, &given_up);
  *filter->given_up += given_up;
  return good;
}

uint64_t log_filter_given_up(const struct log_filter *filter) {
  return filter ? *filter->given_up : 0;
}

bool log_filter_wants_source(const struct log_filter *filter, const char *name) {
  if (!filter || !filter->spec.source)
    return true;
  return filter->spec.source_exact ? strcmp(name, filter->spec.source) == 0
                                   : text_contains(name, filter->spec.source);
}

static void part(char out[LOG_FILTER_TEXT_MAX], const char *before, const char *text,
                 const char *after) {
  const size_t at = strlen(out);
  snprintf(out + at, LOG_FILTER_TEXT_MAX - at, "%s%s%s%s", at > 0 ? ", " : "", before, text, after);
}

const char *log_filter_text(const struct log_filter *filter, char out[LOG_FILTER_TEXT_MAX]) {
  char raw[LOG_FILTER_TEXT_MAX] = "";
  if (filter) {
    const struct log_filter_spec *spec = &filter->spec;
    if (spec->level != LOG_LEVEL_NONE)
      part(raw, "level ", log_level_name(spec->level),
           spec->level == LOG_LEVEL_FATAL ? "" : " or worse");
    if (spec->grep)
      part(raw, "/", spec->grep, "/");
    if (spec->exclude)
      part(raw, "not /", spec->exclude, "/");
    for (size_t i = 0; i < spec->condition_count; i++)
      part(raw, "", spec->conditions[i], "");
    if (spec->source)
      part(raw, "source ", spec->source, "");
  }
  text_sanitize(out, LOG_FILTER_TEXT_MAX, raw, strlen(raw), false);
  return out;
}
