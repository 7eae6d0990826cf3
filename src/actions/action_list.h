/* All actions: the built-in ones, and those of the configuration, with the keys that it gives them
 * (`keys:`). */
#pragma once

#include "actions/action.h"
#include "model/config/config.h"

struct own;

struct action_list {
  const struct action *const *actions;    /* ends with NULL */
  const struct action_spec *const *specs; /* in the same order; ends with NULL */
  struct action **changed;                /* copies of built-in ones with another key */
  size_t changed_count;
  struct own **own;
  size_t own_count;
};

/* The configuration outlives the list. */
void action_list_init(struct action_list *list, const struct config *config);
void action_list_fini(struct action_list *list);
