/* The table of keys: it dispatches them, and generates the help and the bottom line. */
#pragma once

#include "ui/view/view_binding.h"

extern const struct binding view_bindings[];
extern const size_t view_binding_count;

enum key_place view_place(const struct view *view);
