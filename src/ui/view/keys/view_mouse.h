/* The mouse: a click selects a row or focuses a pane, a click on the selected row opens it, the
 * wheel moves. A click never confirms anything: dialogs take none. */
#pragma once

#include "ui/view/keys/view_binding.h"

struct request view_mouse(struct keys *keys);
