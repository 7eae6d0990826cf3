#include "actions/action_list.h"

#include "actions/own.h"
#include "core/mem.h"

#include <stdlib.h>

void action_list_init(struct action_list *list, const struct config *config) {
  size_t count = 0;
  while (actions[count])
    count++;
  const size_t all = count + config->action_count;
  const struct action **items = mem_new((all + 1) * sizeof *items);
  const struct action_spec **specs = mem_new((all + 1) * sizeof *specs);
  *list = (struct action_list){.actions = items, .specs = specs};
  list->own = mem_new((config->action_count + 1) * sizeof *list->own);
  list->own_count = config->action_count;
  for (size_t i = 0; i < config->action_count; i++)
    list->own[i] = own_new(config->actions[i]);
  for (size_t i = 0; i < all; i++) {
    items[i] = i < count ? actions[i] : &list->own[i - count]->action;
    specs[i] = &items[i]->spec;
  }
}

void action_list_fini(struct action_list *list) {
  for (size_t i = 0; i < list->own_count; i++)
    own_free(list->own[i]);
  free(list->own);
  free((void *)list->actions);
  free((void *)list->specs);
  *list = (struct action_list){0};
}
