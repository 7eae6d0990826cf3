/* What is printed about runbooks and their runs. Each returns the exit status. */
#pragma once

#include "app/startup/options.h"
#include "app/startup/runbook_files.h"
#include "operate/runbook/runbook_file.h"

int runbook_list(const struct config *config, const struct options *options,
                 const struct runbook_schema *schema);
int runbook_show(const struct config *config, const struct options *options,
                 const struct runbook_schema *schema);
int runbook_runs(const char *state, const struct options *options);
/* "waits, at look at the group"; false: it is over, which out then says. */
bool runbook_list_state(const struct runbook_file *file, char *out, size_t size);
/* How the run of the file ended; NULL: it is not over. */
const char *runbook_list_over(const struct runbook_file *file);
