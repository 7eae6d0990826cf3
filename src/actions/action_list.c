#include "actions/action_list.h"

#include "actions/own.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* Whether the configuration sets the key of the action; *key: 0 for none. */
static bool key_is_set(const struct config *config, const char *id, uint32_t *key) {
  for (size_t i = config->key_count; i-- > 0;) { /* the last file that sets it counts */
    const struct key_setting *setting = &config->keys[i];
    if (strcmp(setting->name, id) != 0)
      continue;
    *key = setting->key_count > 0 ? (unsigned char)setting->keys[0][0] : 0;
    return true;
  }
  return false;
}

static const struct action *action_with_key(struct action_list *list, const struct config *config,
                                            const struct action *action) {
  uint32_t key;
  if (!key_is_set(config, action->spec.id, &key))
    return action;
  struct action *copy = mem_new(sizeof *copy);
  *copy = *action;
  copy->spec.key = key;
  list->changed[list->changed_count++] = copy;
  return copy;
}

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
  for (size_t i = 0; i < config->action_count; i++)
    key_is_set(config, list->own[i]->action.spec.id, &list->own[i]->action.spec.key);
  list->changed = mem_new((count + 1) * sizeof *list->changed);
  for (size_t i = 0; i < all; i++) {
    items[i] =
        i < count ? action_with_key(list, config, actions[i]) : &list->own[i - count]->action;
    specs[i] = &items[i]->spec;
  }
}

void action_list_fini(struct action_list *list) {
  for (size_t i = 0; i < list->own_count; i++)
    own_free(list->own[i]);
  free(list->own);
  for (size_t i = 0; i < list->changed_count; i++)
    free(list->changed[i]);
  free(list->changed);
  free((void *)list->actions);
  free((void *)list->specs);
  *list = (struct action_list){0};
}
