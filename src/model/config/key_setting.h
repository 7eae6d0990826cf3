/* An entry of `keys:` in the configuration: the keys of one name. */
#pragma once

#include "core/origin.h"

#include <stddef.h>

struct key_setting {
  char *name;           /* "row-details" of the screen's table of keys, or the id of an action */
  char **keys;          /* as they were typed: "x", "Ctrl-X" */
  size_t key_count;     /* 0: none, the name has no key */
  struct origin origin; /* of its keys */
};

void key_setting_fini(struct key_setting *setting);
