/* Loads the theme that the configuration names. */
#pragma once

#include "model/config.h"
#include "ui/draw/theme.h"

enum { THEME_BYTES_MAX = 64 << 10 };

/* Whether theme_load would succeed. */
bool theme_check(const char *name, struct err *err) MUST_CHECK;
/* Looks for NAME.theme in $XDG_CONFIG_HOME/stacktop/themes (or ~/.config/...), in
 * /etc/stacktop/themes, and beside the program: share/stacktop/themes of the installation, themes
 * of the source tree it was built in. No name, or "default" without such a file: the built-in
 * theme. False with "FILE:LINE:COLUMN: error", or with the known names. */
bool theme_load(struct theme *theme, const char *name, struct err *err) MUST_CHECK;
