/* What the list of environments shows: one moment of all of them. */
#pragma once

#include "model/environment.h"
#include "ui/draw/canvas.h"

#include <stddef.h>

struct environments_list {
  const struct environment *const *items;
  size_t count;
  int64_t now_ms, wall_offset_ms;
  bool utc;
  const char *user; /* "ops@bastion1"; NULL: not known */
};
