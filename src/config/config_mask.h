/* Secrets made fit to be shown. In doubt more is hidden, never less. */
#pragma once

/* A copy for the caller to free: the password of a URI and the values of its secret parameters (see
 * core/secret.h) are "***", as are those of a libpq key=value text; any other text that is not
 * empty is "***" whole.
 */
char *config_mask(const char *text);
