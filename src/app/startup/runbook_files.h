/* Finds and reads runbooks: the user's, and those that come with stacktop. */
#pragma once

#include "actions/action_list.h"
#include "config/runbook/config_runbook.h"
#include "model/config/config.h"

struct runbook_places {
  char *folders[6];
  size_t count;
  size_t own; /* the first of them are the user's and the team's; the others came with stacktop */
};

/* In this order: `runbooks` beside the configuration file, $XDG_CONFIG_HOME/stacktop/runbooks (or
 * ~/.config/...), /etc/stacktop/runbooks, and beside the program: share/stacktop/runbooks of the
 * installation, runbooks of the source tree it was built in. The first file of a name counts. */
void runbook_places_init(struct runbook_places *places, const struct config *config);
void runbook_places_fini(struct runbook_places *places);

/* The names of all runbooks, sorted; each once. The caller frees each and the array. */
char **runbook_names(const struct runbook_places *places, size_t *count);
/* NULL with the errors on stderr: each as FILE:LINE:COLUMN, or that there is none of that name.
 * *invalid (may be NULL): there is such a file, but it has errors. */
struct runbook *runbook_load(const struct runbook_places *places, const char *name,
                             const struct runbook_schema *schema, bool *invalid);
/* NULL where there is none without errors; nothing is printed. */
struct runbook *runbook_load_quietly(const struct runbook_places *places, const char *name,
                                     const struct runbook_schema *schema);
/* What a runbook may name here: metrics and pages of all collectors, actions of the list, which
 * outlives the schema. */
struct runbook_schema runbook_schema_of(const struct action_list *list);
