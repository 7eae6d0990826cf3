/* Loads the theme that the configuration or --theme names. */
#pragma once

#include "model/config/config.h"
#include "ui/draw/theme.h"

#include <stdio.h>

enum { THEME_BYTES_MAX = 64 << 10 };

/* What "auto" or "auto-colorblind" stands for, once the terminal has said which it is. NULL for a
 * theme that does not follow the terminal. */
const char *theme_followed(const char *name, bool light);

/* Whether theme_load would succeed; for one that follows the terminal, of both. */
bool theme_check(const char *name, struct err *err) MUST_CHECK;
/* Looks for NAME.theme in $XDG_CONFIG_HOME/stacktop/themes (or ~/.config/...), in
 * /etc/stacktop/themes, and beside the program: share/stacktop/themes of the installation, themes
 * of the source tree it was built in. No name, one that follows the terminal, or "default"
 * without such a file: the built-in theme. False with "FILE:LINE:COLUMN: error", or with the known
 * names. path: the file, even if it is invalid; to be freed; NULL inside for the built-in theme.
 * May be NULL itself. */
bool theme_load(struct theme *theme, const char *name, char **path, struct err *err) MUST_CHECK;
/* One line for each theme: its name, what it is for, and its file. */
void theme_list(FILE *out, bool ascii);
