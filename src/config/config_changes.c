#include "config/config_changes.h"

#include <stdlib.h>

/* A copy of none: `parsed` has the default where there is one. */
static const struct option_value *value_of(const struct config *config, enum config_option option,
                                           struct option_value *parsed) {
  static const struct option_value none = {0};
  const struct option *spec = &config_options[option];
  struct err err;
  if (config->options && config->options[option].set)
    return &config->options[option];
  if (!spec->fallback)
    return &none;
  if (!option_parse(spec, spec->fallback, parsed, &err))
    abort(); /* the default of an option parses */
  return parsed;
}

/* "60s" is "1m". */
static bool same(const struct option *spec, const struct option_value *a,
                 const struct option_value *b) {
  const bool number =
      spec->type == OPTION_INT || spec->type == OPTION_BOOL || spec->type == OPTION_DURATION;
  return number ? a->set == b->set && a->number == b->number : option_value_same(a, b);
}

bool config_option_changes(const struct config *a, const struct config *b,
                           enum config_option option) {
  struct option_value of_a = {0}, of_b = {0};
  const bool changes =
      !same(&config_options[option], value_of(a, option, &of_a), value_of(b, option, &of_b));
  option_value_fini(&of_a);
  option_value_fini(&of_b);
  return changes;
}
