#include "ui/view/keys/keymap.h"

#include "core/mem.h"
#include "core/text/suggest.h"
#include "ui/view/keys/view_binding.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "Ctrl-R F5" of the table. */
static struct keymap_keys keys_of_table(const char *text) {
  struct keymap_keys keys = {0};
  while (*text) {
    char name[KEY_TEXT_MAX];
    struct err err;
    const size_t length = strcspn(text, " ");
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    text += length + strspn(text + length, " ");
    const bool known = key_parse(name, &keys.keys[keys.count++], &err);
    assert(known && keys.count <= KEYMAP_KEYS_MAX);
    (void)known;
  }
  return keys;
}

void keymap_init(struct keymap *map) {
  map->rows = mem_new(view_binding_count * sizeof *map->rows);
  for (size_t i = 0; i < view_binding_count; i++)
    map->rows[i] = keys_of_table(view_bindings[i].keys);
}

void keymap_fini(struct keymap *map) {
  free(map->rows);
  map->rows = NULL;
}

static bool has(const struct keymap_keys *keys, struct key key) {
  for (size_t i = 0; i < keys->count; i++)
    if (key_is(keys->keys[i], key))
      return true;
  return false;
}

bool keymap_has(const struct keymap *map, size_t row, struct key key) {
  return has(&map->rows[row], key);
}

/* Nine digits, of the panes, are one range. */
static bool is_range(const struct keymap_keys *keys) {
  for (size_t i = 0; i < keys->count; i++)
    if (!key_is(keys->keys[i], (struct key){KEY_CODE_RUNE, (uint32_t)('1' + i)}))
      return false;
  return keys->count == KEYMAP_KEYS_MAX;
}

const char *keymap_names(const struct keymap_keys *keys, char out[KEYMAP_NAMES_MAX]) {
  size_t used = 0;
  snprintf(out, KEYMAP_NAMES_MAX, "%s", keys->count == 0 ? "none" : is_range(keys) ? "1-9" : "");
  for (size_t i = 0; !*out || used > 0; i++) {
    char text[KEY_TEXT_MAX];
    if (i == keys->count)
      break;
    used += (size_t)snprintf(out + used, KEYMAP_NAMES_MAX - used, "%s%s", i > 0 ? " " : "",
                             key_text(keys->keys[i], text));
  }
  return out;
}

/* ---- settings */

static bool is_action(const struct key_setting *setting) {
  return strchr(setting->name, '.') != NULL;
}

static bool keys_parse(const struct key_setting *setting, struct keymap_keys *keys,
                       struct err *err) {
  *keys = (struct keymap_keys){0};
  if (setting->key_count > KEYMAP_KEYS_MAX)
    return err_set(err, ERR_INVALID, "%zu keys are too many: %d at most", setting->key_count,
                   KEYMAP_KEYS_MAX);
  for (size_t i = 0; i < setting->key_count; i++)
    if (!key_parse(setting->keys[i], &keys->keys[keys->count++], err))
      return false;
  return true;
}

static bool name_unknown(const char *name, const char *what, struct err *err) {
  struct suggestion near = {0};
  for (size_t i = 0; i < view_binding_count; i++)
    suggest_consider(&near, name, view_bindings[i].name);
  return err_set(err, ERR_INVALID, "unknown %s \"%.60s\"%s (`stacktop keys` lists all)", what, name,
                 suggest_text(&near));
}

bool keymap_set(struct keymap *map, const struct key_setting *setting, struct err *err) {
  struct keymap_keys keys;
  bool found = false;
  if (is_action(setting))
    return true;
  for (size_t i = 0; i < view_binding_count; i++) {
    const struct binding *binding = &view_bindings[i];
    if (strcmp(binding->name, setting->name) != 0)
      continue;
    if (binding->flags & BINDING_FIXED)
      return err_set(err, ERR_INVALID, "the keys of %s cannot be changed: they are always %s",
                     binding->name, binding->keys);
    if (!keys_parse(setting, &keys, err))
      return false;
    map->rows[i] = keys;
    found = true;
  }
  return found || name_unknown(setting->name, "name", err);
}

static const struct action_spec *spec_find(const struct action_spec *const *specs, const char *id) {
  while (*specs && strcmp((*specs)->id, id) != 0)
    specs++;
  return *specs;
}

/* Another name that has the key in one of the places; NULL: none. */
static const struct binding *taken_by(const struct keymap *map, struct key key, unsigned places,
                                      const char *name) {
  for (size_t i = 0; i < view_binding_count; i++)
    if (view_bindings[i].places & places && strcmp(view_bindings[i].name, name) != 0 &&
        keymap_has(map, i, key))
      return &view_bindings[i];
  return NULL;
}

static bool taken(struct key key, const struct binding *by, struct err *err) {
  char text[KEY_TEXT_MAX];
  if (by->flags & BINDING_FIXED)
    return err_set(err, ERR_INVALID, "%s is always the key of %s (%s); use another key",
                   key_text(key, text), by->name, by->help);
  return err_set(err, ERR_INVALID,
                 "%s is the key of %s (%s); use another key, or change %s as well",
                 key_text(key, text), by->name, by->help, by->name);
}

static bool action_check(const struct keymap *map, const struct key_setting *setting,
                         const struct action_spec *const *specs, struct err *err) {
  const struct action_spec *spec = spec_find(specs, setting->name);
  struct keymap_keys keys;
  if (!spec) {
    struct suggestion near = {0};
    for (size_t i = 0; specs[i]; i++)
      suggest_consider(&near, setting->name, specs[i]->id);
    return err_set(err, ERR_INVALID, "unknown action \"%.60s\"%s (`stacktop actions` lists all)",
                   setting->name, suggest_text(&near));
  }
  if (!keys_parse(setting, &keys, err))
    return false;
  if (keys.count == 0)
    return true;
  const struct key key = keys.keys[0];
  if (keys.count > 1 || key.code != KEY_CODE_RUNE || key.rune < 'A' || key.rune > 'Z')
    return err_set(err, ERR_INVALID, "the key of an action is one capital letter, or none");
  const struct binding *by = taken_by(map, key, PLACE_ACTS, "");
  if (by)
    return taken(key, by, err);
  for (; *specs; specs++)
    if (*specs != spec && (*specs)->key == key.rune && strcmp((*specs)->kind, spec->kind) == 0)
      return err_set(err, ERR_INVALID, "%c is the key of %s; use another one, or change %s as well",
                     (int)key.rune, (*specs)->id, (*specs)->id);
  return true;
}

static bool row_check(const struct keymap *map, size_t row, const struct action_spec *const *specs,
                      struct err *err) {
  const struct binding *binding = &view_bindings[row];
  for (size_t i = 0; i < map->rows[row].count; i++) {
    const struct key key = map->rows[row].keys[i];
    const struct binding *by = taken_by(map, key, binding->places, binding->name);
    if (by)
      return taken(key, by, err);
    for (size_t j = 0; binding->places & PLACE_ACTS && key.code == KEY_CODE_RUNE && specs[j]; j++)
      if (specs[j]->key == key.rune)
        return err_set(err, ERR_INVALID,
                       "%c is the key of the action %s; use a lower-case letter, or change %s as "
                       "well",
                       (int)key.rune, specs[j]->id, specs[j]->id);
  }
  return true;
}

bool keymap_check(const struct keymap *map, const struct key_setting *setting,
                  const struct action_spec *const *specs, struct err *err) {
  if (is_action(setting))
    return action_check(map, setting, specs, err);
  for (size_t i = 0; i < view_binding_count; i++)
    if (strcmp(view_bindings[i].name, setting->name) == 0 && !row_check(map, i, specs, err))
      return false;
  return true;
}
