/* Secrets made fit to be shown. In doubt more is hidden, never less. */
#pragma once

#include <stdbool.h>

/* A name that says that its value is a secret: it holds "password", "passwd", "secret", "token" or
 * "key", case ignored. */
bool config_name_is_secret(const char *name);

/* A copy for the caller to free: the password of a URI and the values of its secret parameters are
 * "***", as are those of a libpq key=value text; any other text that is not empty is "***" whole.
 */
char *config_mask(const char *text);
