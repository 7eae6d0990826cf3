#include "core/option.h"

#include "core/format.h"
#include "core/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  char least[FORMAT_MAX], most[FORMAT_MAX];
  if (option->type == OPTION_DURATION)
    return err_set(err, ERR_INVALID, "%s is out of range: from %s to %s", text,
                   format_duration(least, sizeof least, (double)option->min / 1000),
                   format_duration(most, sizeof most, (double)option->max / 1000));
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
