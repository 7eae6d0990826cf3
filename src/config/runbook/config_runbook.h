/* A runbook from YAML: docs/runbooks.md. */
#pragma once

#include "config/config_errors.h"
#include "config/runbook/runbook_schema.h"
#include "model/runbook/runbook.h"

/* NULL with all errors noted. name: that of its file. */
struct runbook *runbook_parse(const char *name, const char *path, const char *text, size_t len,
                              const struct runbook_schema *schema, struct config_errors *errors);
