/* The table of keys: it dispatches them, and generates the help, the bottom line and `stacktop
 * keys`. */
#pragma once

#include "ui/terminal/key_text.h"
#include "ui/view/keys/view_binding.h"

/* The first key of the row of that name in the view's map, to be named in a sentence: "z". */
const char *view_key_name(const struct view *view, const char *name, char out[KEY_TEXT_MAX]);
