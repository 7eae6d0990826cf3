/* A runbook while it is being read. */
#pragma once

#include "config/config_yaml.h"
#include "config/runbook/runbook_schema.h"
#include "model/runbook/runbook.h"

struct runbook_draft {
  struct config_yaml *yaml;
  const struct runbook_schema *schema;
  struct runbook *runbook;
};

/* A text whose placeholders are parameters; NULL with the error noted. */
char *draft_text(struct runbook_draft *draft, const yaml_node_t *node, const char *what);
/* Whether it is a mapping; unknown keys of it are noted. names end with NULL. */
bool draft_keys(struct runbook_draft *draft, const yaml_node_t *mapping, const char *what,
                const char *const *names);
const yaml_node_t *draft_member(struct runbook_draft *draft, const yaml_node_t *mapping,
                                const char *name); /* NULL: none */
char *draft_member_text(struct runbook_draft *draft, const yaml_node_t *mapping, const char *name,
                        bool required);
/* Each with its errors noted. */
void draft_condition(struct runbook_draft *draft, const yaml_node_t *node,
                     struct runbook_condition *condition);
/* Its name is read. */
void draft_step(struct runbook_draft *draft, const yaml_node_t *node, struct runbook_step *step);
/* False with the error noted: nothing of that kind has the name. name NULL: fine. */
bool draft_name_check(struct runbook_draft *draft, const yaml_node_t *node, const char *name,
                      enum runbook_naming what);
/* The keys matches, schedule and within of the document; the parameters are read. */
void draft_matches(struct runbook_draft *draft, const yaml_node_t *list);
void draft_schedule(struct runbook_draft *draft, const yaml_node_t *schedule,
                    const yaml_node_t *within);
