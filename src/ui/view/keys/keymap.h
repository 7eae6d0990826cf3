/* Which keys the rows of the table of keys have: those of the table, unless the configuration
 * changes them. */
#pragma once

#include "core/err.h"
#include "model/action/action_spec.h"
#include "model/config/key_setting.h"
#include "ui/terminal/key_text.h"

enum { KEYMAP_KEYS_MAX = 9 };

struct keymap_keys {
  struct key keys[KEYMAP_KEYS_MAX];
  size_t count; /* 0: it has none */
};

struct keymap {
  struct keymap_keys *rows; /* as view_bindings */
};

/* The keys of the table. */
void keymap_init(struct keymap *map);
void keymap_fini(struct keymap *map);
/* Gives the name its keys. Ids of actions are not for the map, and ignored. False with what is
 * wrong: an unknown name, one that cannot be changed, what is not a key, too many of them. */
bool keymap_set(struct keymap *map, const struct key_setting *setting, struct err *err) MUST_CHECK;
/* After all were set: whether the keys of this one, a name or the id of an action, belong to
 * another name in the same place, or to an action. specs: all actions with the keys that they
 * have now, NULL-terminated. */
bool keymap_check(const struct keymap *map, const struct key_setting *setting,
                  const struct action_spec *const *specs, struct err *err) MUST_CHECK;

bool keymap_has(const struct keymap *map, size_t row, struct key key);
/* "i d", "1-9", "none". Returns out. */
enum { KEYMAP_NAMES_MAX = KEYMAP_KEYS_MAX * KEY_TEXT_MAX };
const char *keymap_names(const struct keymap_keys *keys, char out[KEYMAP_NAMES_MAX]);
