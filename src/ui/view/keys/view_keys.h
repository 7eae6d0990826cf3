/* The table of keys: it dispatches them, and generates the help, the bottom line and `stacktop
 * keys`. */
#pragma once

#include "ui/terminal/key_text.h"
#include "ui/view/keys/view_binding.h"
