/* How a plan is written to a file and read back: report implements it (report/plan/plan_json.h) and
 * passes it to the code that stores plans. */
#pragma once

#include "model/action/plan.h"

#include <stdio.h>

enum { PLAN_HASH_SIZE = 65 }; /* 64 digits and the terminator */

/* The action with that id; NULL if there is none. */
typedef const struct action_spec *(*plan_action_find)(void *arg, const char *id);

struct plan_format {
  size_t bytes_max; /* maximum size that is read */
  bool (*write)(FILE *out, const struct plan *plan);
  /* The caller frees it; its `hash` is NULL. NULL with err. */
  struct plan *(*read)(const char *text, size_t len, plan_action_find find, void *arg,
                       struct err *err);
  /* Of everything that defines the action, its objects and what was shown of it. Returns out. */
  const char *(*hash)(const struct plan *plan, char out[PLAN_HASH_SIZE]);
};
