#include "model/judge/next_step.h"

#include <string.h>

static bool is_for(const struct next_step *step, const char *table, const char *metric) {
  if (step->table && strcmp(step->table, table ? table : "") != 0)
    return false;
  return !step->metric || (metric && strcmp(step->metric, metric) == 0);
}

const struct next_step *next_step_find(const struct next_step *steps, const char *kind,
                                       const struct finding *finding, const char *metric) {
  for (; steps && steps->kind; steps++)
    if (strcmp(steps->kind, kind) == 0 && is_for(steps, finding->table, metric))
      return steps;
  return NULL;
}
