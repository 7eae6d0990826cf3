#include "model/action/action_spec.h"

#include <string.h>

const char *danger_name(enum danger danger) {
  static const char *const names[] = {[DANGER_REVERSIBLE] = "reversible",
                                      [DANGER_DESTRUCTIVE] = "destructive",
                                      [DANGER_NONE] = "none"};
  return names[danger];
}

bool action_takes_rows(const struct action_spec *spec, const char *table) {
  return table && ((spec->table && strcmp(spec->table, table) == 0) ||
                   (spec->context && strcmp(spec->context, table) == 0));
}

bool action_fits_rows(const struct action_spec *spec, const char *table) {
  return action_takes_rows(spec, table) ||
         (table && spec->picks && strcmp(spec->picks, table) == 0);
}

bool action_takes_targets(const struct action_spec *spec) {
  return spec->many && !spec->table;
}

bool action_is_for(const struct action_spec *spec, const char *target) {
  for (size_t i = 0; i < spec->target_count; i++)
    if (strcmp(spec->targets[i], target) == 0)
      return true;
  return spec->target_count == 0;
}

int action_param(const struct action_spec *spec, const char *name) {
  for (size_t i = 0; i < spec->param_count; i++)
    if (strcmp(spec->params[i].name, name) == 0)
      return (int)i;
  return -1;
}
