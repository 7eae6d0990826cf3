/* Expands ${VAR} and ${VAR:-default} in the texts of a configuration, so that secrets can stay out
 * of the file. */
#pragma once

#include "core/err.h"

#include <stddef.h>

enum { CONFIG_TEXT_MAX = 64 << 10 }; /* bytes of a text after expansion */

/* A copy of text, which has `len` bytes, with every ${VAR} replaced by the environment's value, and
 * ${VAR:-default} by the default if VAR is unset or empty, as in a shell. `$${` becomes `${`; any
 * other `$` is kept. Values are not expanded again. NULL with err for an unset VAR without a
 * default, an invalid name, a missing `}`, and a result longer than CONFIG_TEXT_MAX. The caller
 * frees it. */
char *config_expand(const char *text, size_t len, struct err *err) MUST_CHECK;
