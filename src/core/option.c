#include "core/option.h"

#include "core/mem.h"

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
  /* strtod also takes "inf", "nan" and "0x10", which nobody means here. */
  if (end == text || errno == ERANGE || !isfinite(*number) || strpbrk(text, "xX"))
    return false;
  while (*end == ' ')
    end++;
  for (; scales->suffix; scales++) {
    if (strcmp(end, scales->suffix) == 0) {
      *number *= scales->factor;
      return true;
    }
  }
  return false;
}

bool duration_parse(const char *text, int64_t *ms, struct err *err) {
  static const struct scale scales[] = {{"ms", 1},      {"s", 1000},       {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000.0}, {NULL, 0}};
  double number;
  if (!scaled_parse(text, scales, &number) || number < 0 || number > 86400000.0 * 36500)
    return err_set(err, ERR_INVALID, "\"%s\" is no duration: write it like 300ms, 2s, 5m, 1h or 3d",
                   text);
  *ms = llround(number);
  return true;
}

bool quantity_parse(const char *text, double *quantity, struct err *err) {
  static const struct scale scales[] = {
      {"", 1},      {"%", 0.01},   {"k", 1e3},      {"M", 1e6},         {"G", 1e9},
      {"kB", 1024}, {"KB", 1024},  {"MB", 1048576}, {"GB", 1073741824}, {"TB", 1099511627776},
      {"B", 1},     {"ms", 0.001}, {"s", 1},        {"m", 60},          {"h", 3600},
      {"d", 86400}, {"/s", 1},     {NULL, 0}};
  if (!scaled_parse(text, scales, quantity))
    return err_set(err, ERR_INVALID,
                   "\"%s\" is no quantity: write it like 10000, 80%%, 2GB, 5s or 1.5", text);
  return true;
}

static bool number_parse(const char *text, int64_t *number, struct err *err) {
  char *end;
  errno = 0;
  *number = strtoll(text, &end, 10);
  if (end == text || *end || errno == ERANGE)
    return err_set(err, ERR_INVALID, "\"%s\" is no whole number", text);
  return true;
}

static bool range_check(const struct option *option, const char *text, int64_t number,
                        struct err *err) {
  if ((option->min == 0 && option->max == 0) || (number >= option->min && number <= option->max))
    return true;
  if (option->type == OPTION_DURATION)
    return err_set(err, ERR_INVALID, "%s is out of range: from %gs to %gs", text,
                   (double)option->min / 1000, (double)option->max / 1000);
  return err_set(err, ERR_INVALID, "%s is out of range: from %lld to %lld", text,
                 (long long)option->min, (long long)option->max);
}

static bool choice_check(const struct option *option, const char *text, struct err *err) {
  char list[160] = "";
  for (const char *const *choice = option->choices; choice && *choice; choice++) {
    if (strcmp(*choice, text) == 0)
      return true;
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *choice);
  }
  return err_set(err, ERR_INVALID, "\"%s\" is none of: %s", text, list);
}

bool option_parse(const struct option *option, const char *text, struct option_value *value,
                  struct err *err) {
  bool good = true;
  switch (option->type) {
  case OPTION_TEXT:
  case OPTION_SECRET:
    good = !option->check || option->check(text, err);
    break;
  case OPTION_INT:
    good = number_parse(text, &value->number, err) && range_check(option, text, value->number, err);
    break;
  case OPTION_DURATION:
    good =
        duration_parse(text, &value->number, err) && range_check(option, text, value->number, err);
    break;
  case OPTION_BOOL:
    value->number = strcmp(text, "true") == 0;
    if (!value->number && strcmp(text, "false") != 0)
      good = err_set(err, ERR_INVALID, "\"%s\" is neither true nor false", text);
    break;
  case OPTION_CHOICE:
    good = choice_check(option, text, err);
    break;
  case OPTION_LIST:
  case OPTION_MAP:
    return err_set(err, ERR_INVALID, "%s wants a %s, not one text", option->name,
                   option->type == OPTION_LIST ? "list: [a, b]" : "mapping: {name: value}");
  }
  if (!good)
    return false;
  free(value->text);
  value->text = mem_dup(text);
  value->set = true;
  return true;
}

void option_value_fini(struct option_value *value) {
  free(value->text);
  for (size_t i = 0; i < value->item_count; i++) {
    free(value->items[i]);
    if (value->names)
      free(value->names[i]);
  }
  free(value->items);
  free(value->names);
  *value = (struct option_value){0};
}
