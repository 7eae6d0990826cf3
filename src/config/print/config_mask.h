/* Masks secrets for display. In doubt more is masked, never less. */
#pragma once

/* A copy that the caller frees: the password of a URI and the values of its secret parameters (see
 * core/secret.h) are "***", as are those of a libpq key=value text; any other non-empty text is
 * "***" as a whole. */
char *config_mask(const char *text);
