/* `stacktop runbook due`: when each runbook with a schedule was due, and was last done, by whom. */
#pragma once

#include "app/startup/options.h"
#include "app/startup/runbook_files.h"

/* Runbooks that are overdue, as an exit status. */
enum { EXIT_RUNBOOK_OVERDUE = 1 };

/* Returns the exit status. Blocks; sets TZ for each zone (io/zone.h). */
int runbook_due(const struct config *config, const char *state, const struct options *options,
                const struct runbook_schema *schema);
