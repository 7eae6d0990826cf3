/* An action of the configuration while it is being read. */
#pragma once

#include "config/config_options.h"
#include "config/own/config_own_options.h"
#include "config/own/config_own_text.h"

struct own_draft {
  struct own_reading reading;
  const struct config_schema *schema;
  struct config *config;
  struct own_action *action;
  const yaml_node_t *node; /* the whole action */
  const yaml_node_t *nodes[OWN_OPTION_COUNT];
  struct option_value values[OWN_OPTION_COUNT]; /* of the scalars */
};

#define NOTE(draft, node, ...) config_yaml_error((draft)->reading.yaml, node, __VA_ARGS__)

/* The value of that key of a mapping; NULL if there is none. */
const yaml_node_t *own_member(struct own_draft *draft, const yaml_node_t *mapping,
                              const char *name);
/* Whether it is a mapping with no other keys than names, which end with NULL; otherwise the error
 * is noted. */
bool own_keys_check(struct own_draft *draft, const yaml_node_t *mapping, const char *what,
                    const char *const *names);

/* Each false with the errors noted: what it is for, and what it asks for. */
bool config_own_rows(struct own_draft *draft);
bool config_own_ask(struct own_draft *draft);
