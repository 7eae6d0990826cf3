/* The configuration's `theme`: a name to a file, and its looks. */
#pragma once

#include "model/config.h"
#include "ui/draw/theme.h"

enum { THEME_BYTES_MAX = 64 << 10 };

/* Whether theme_load would load it. */
bool theme_check(const char *name, struct err *err) MUST_CHECK;
/* NAME.theme is looked for in $XDG_CONFIG_HOME/stacktop/themes (or ~/.config/...), in
 * /etc/stacktop/themes, and beside the program: share/stacktop/themes of where it was installed,
 * themes of the source tree that it was built in. No name, or "default" without such a file: the
 * built-in one. False with "FILE:LINE:COLUMN: what", or with the names that there are. */
bool theme_load(struct theme *theme, const char *name, struct err *err) MUST_CHECK;
