/* A runbook from YAML: docs/runbooks.md. */
#pragma once

#include "config/config_errors.h"
#include "model/runbook/runbook.h"

/* What a runbook may name. */
enum runbook_naming { RUNBOOK_NAMES_METRIC, RUNBOOK_NAMES_PAGE, RUNBOOK_NAMES_ACTION };
struct runbook_schema {
  const struct condition_lookup *lookup;
  /* False with err: there is no page or action of that name. */
  bool (*names)(void *arg, enum runbook_naming what, const char *name, struct err *err);
  void *arg;
};

/* NULL with all errors noted. name: that of its file. */
struct runbook *runbook_parse(const char *name, const char *path, const char *text, size_t len,
                              const struct runbook_schema *schema, struct config_errors *errors);
