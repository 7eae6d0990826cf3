#include "app/startup/runbook_schedules.h"

#include "collectors/collector.h"
#include "collectors/lookup.h"

#include <stdlib.h>
#include <string.h>

static const char kind[] = "runbook";

static const struct target *target_of(const struct config *config, const char *name) {
  for (size_t i = 0; i < config->all_count; i++)
    if (strcmp(config->all[i]->kind->kind, kind) == 0 && strcmp(config->all[i]->name, name) == 0)
      return config->all[i];
  return NULL;
}

bool runbook_schedule_take(struct runbook *runbook, const struct config *config,
                           enum runbook_plan *plan, struct err *err) {
  const struct target *target = target_of(config, runbook->name);
  const char *schedule = target ? target_text(target, "schedule") : NULL;
  const int64_t within_ms = target ? target_number(target, "within") : 0;
  *plan = runbook->scheduled ? RUNBOOK_PLANNED : RUNBOOK_NOT_PLANNED;
  if (schedule && strcmp(schedule, "off") == 0) {
    *plan = RUNBOOK_PLAN_OFF;
    return true;
  }
  if (schedule) {
    if (!schedule_parse(&runbook->schedule, schedule, err))
      return false;
    if (!runbook->scheduled)
      runbook->within_ms = schedule_within_ms(&runbook->schedule);
    runbook->scheduled = true;
    *plan = RUNBOOK_PLANNED;
  }
  if (within_ms > 0)
    runbook->within_ms = within_ms;
  return true;
}

void runbook_schedules_watch(struct config *config) {
  const struct runbook_schema schema = {.lookup = &collector_lookup};
  struct runbook_places places;
  size_t count;
  runbook_places_init(&places, config);
  const size_t all = places.count;
  places.count = places.own;
  char **names = runbook_names(&places, &count);
  for (size_t i = 0; i < count; i++) {
    struct runbook *runbook =
        target_of(config, names[i]) ? NULL : runbook_load_quietly(&places, names[i], &schema);
    if (runbook && runbook->scheduled)
      config_add(config, target_new(&collector_find(kind)->kind, names[i]));
    runbook_free(runbook);
    free(names[i]);
  }
  free(names);
  places.count = all;
  runbook_places_fini(&places);
}
