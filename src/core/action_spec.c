#include "core/action_spec.h"

#include <string.h>

const char *danger_name(enum danger danger) {
  return danger == DANGER_REVERSIBLE ? "reversible" : "destructive";
}

int action_param(const struct action_spec *spec, const char *name) {
  for (size_t i = 0; i < spec->param_count; i++)
    if (strcmp(spec->params[i].name, name) == 0)
      return (int)i;
  return -1;
}
