#include "core/option.h"

#include "core/mem.h"
#include "core/text/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_range(const struct option *option) {
  return option->min != 0 || option->max != 0;
}

const char *const *option_choices(const struct option *option) {
  static const char *const booleans[] = {"true", "false", NULL};
  return option->type == OPTION_BOOL ? booleans : option->choices;
}

/* "a, b". */
static void choices_join(const struct option *option, const char *between, char *out, size_t size) {
  *out = '\0';
  for (const char *const *choice = option_choices(option); choice && *choice; choice++) {
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", used ? between : "", *choice);
  }
}

const char *option_allowed(const struct option *option, char out[OPTION_ALLOWED_MAX]) {
  char least[DURATION_TEXT_MAX], most[DURATION_TEXT_MAX];
  choices_join(option, " | ", out, OPTION_ALLOWED_MAX);
  if (option->type == OPTION_DURATION && has_range(option))
    snprintf(out, OPTION_ALLOWED_MAX, "%s to %s", duration_text(least, option->min),
             duration_text(most, option->max));
  else if (option->type == OPTION_INT && has_range(option))
    snprintf(out, OPTION_ALLOWED_MAX, "%lld to %lld", (long long)option->min,
             (long long)option->max);
  return out;
}

static bool number_parse(const struct option *option, const char *text, int64_t *number,
                         struct err *err) {
  char *end, allowed[OPTION_ALLOWED_MAX];
  errno = 0;
  *number = strtoll(text, &end, 10);
  if (end == text || *end || (errno == ERANGE && !has_range(option)))
    return err_set(err, ERR_INVALID, "\"%.80s\" is not a whole number", text);
  if (!has_range(option) || (*number >= option->min && *number <= option->max))
    return true;
  return err_set(err, ERR_INVALID, "%.40s is out of range: %s", text,
                 option_allowed(option, allowed));
}

static bool time_parse(const struct option *option, const char *text, int64_t *ms,
                       struct err *err) {
  return has_range(option) ? duration_parse_within(text, option->min, option->max, ms, err)
                           : duration_parse(text, ms, err);
}

static bool choice_check(const struct option *option, const char *text, struct err *err) {
  struct suggestion near = {0};
  char list[OPTION_ALLOWED_MAX];
  for (const char *const *choice = option_choices(option); choice && *choice; choice++) {
    if (strcmp(*choice, text) == 0)
      return true;
    suggest_consider(&near, text, *choice);
  }
  choices_join(option, ", ", list, sizeof list);
  return err_set(err, ERR_INVALID, "\"%.40s\" is not one of %s%s", text, list, suggest_text(&near));
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
    good = number_parse(option, text, &value->number, err);
    break;
  case OPTION_DURATION:
    good = time_parse(option, text, &value->number, err);
    break;
  case OPTION_BOOL:
    value->number = strcmp(text, "true") == 0;
    if (!value->number && strcmp(text, "false") != 0)
      good = err_set(err, ERR_INVALID, "\"%.80s\" is not a boolean; use true or false", text);
    break;
  case OPTION_CHOICE:
    good = choice_check(option, text, err);
    break;
  case OPTION_LIST:
  case OPTION_MAP:
    return err_set(err, ERR_INVALID, "%s must be a %s, not a single value", option->name,
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

static bool text_is_same(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

bool option_value_same(const struct option_value *a, const struct option_value *b) {
  if (a->set != b->set || a->number != b->number || !text_is_same(a->text, b->text) ||
      a->item_count != b->item_count || !a->names != !b->names)
    return false;
  for (size_t i = 0; i < a->item_count; i++)
    if (!text_is_same(a->items[i], b->items[i]) ||
        (a->names && !text_is_same(a->names[i], b->names[i])))
      return false;
  return true;
}
