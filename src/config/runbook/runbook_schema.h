/* What a runbook may name: the rooms that know it are not known here. */
#pragma once

#include "core/err.h"
#include "model/judge/condition.h"

enum runbook_naming {
  RUNBOOK_NAMES_METRIC,
  RUNBOOK_NAMES_PAGE,
  RUNBOOK_NAMES_ACTION,
  RUNBOOK_NAMES_KIND, /* of targets */
  RUNBOOK_NAMES_ZONE, /* of time */
};
struct runbook_schema {
  const struct condition_lookup *lookup;
  /* False with err: there is nothing of that name. NULL: any name is taken. */
  bool (*names)(void *arg, enum runbook_naming what, const char *name, struct err *err);
  void *arg;
};
