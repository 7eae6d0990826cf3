/* Expands ${VAR}, ${VAR:-default}, ${file:PATH} and ${secret:NAME} in the texts of a configuration,
 * so that secrets can stay out of the file. */
#pragma once

#include "core/err.h"
#include "core/origin.h"

#include <stddef.h>

enum { CONFIG_TEXT_MAX = 64 << 10 }; /* bytes of a text after expansion */

/* Finds what "file:PATH" and "secret:NAME" stand for; the caller frees the text. */
struct config_lookup {
  char *(*find)(void *arg, const char *reference, unsigned *by, struct err *err);
  void *arg;
};

/* A copy of text, which has `len` bytes, with every ${VAR} replaced by the environment's value, and
 * ${VAR:-default} by the default if VAR is unset or empty, as in a shell. `$${` becomes `${`; any
 * other `$` is kept. Values are not expanded again. NULL with err for an unset VAR without a
 * default, an invalid name, a missing `}`, a reference that is not found, and a result longer than
 * CONFIG_TEXT_MAX. The caller frees it. lookup NULL: only variables are known. Adds the ORIGIN_...
 * of what was replaced to *by (NULL: not asked). */
char *config_expand(const char *text, size_t len, const struct config_lookup *lookup, unsigned *by,
                    struct err *err) MUST_CHECK;
