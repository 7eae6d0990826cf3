/* ${VAR} and ${VAR:-default} in the texts of a configuration, so that secrets can stay out of it.
 */
#pragma once

#include "core/err.h"

#include <stddef.h>

enum { CONFIG_TEXT_MAX = 64 << 10 }; /* bytes of a text after expansion */

/* A copy of text, which holds `len` bytes, in which every ${VAR} is replaced by the environment's
 * value and ${VAR:-default} by the default where VAR is unset or empty, as in a shell. `$${` stands
 * for a plain `${`; every other `$` stays. What the environment gives is not expanded again. NULL
 * with err for an unset VAR without a default, a name that is none, a missing `}`, and a result
 * beyond CONFIG_TEXT_MAX. The caller frees it. */
char *config_expand(const char *text, size_t len, struct err *err) MUST_CHECK;
