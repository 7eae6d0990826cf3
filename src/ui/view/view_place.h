/* Where the keys go: which of the places of the table is on the screen. */
#pragma once

#include "ui/view/keys/view_binding.h"

enum key_place view_place(const struct view *view);
/* The same if that page were shown. */
enum key_place view_place_on(const struct view *view, enum view_page page);
