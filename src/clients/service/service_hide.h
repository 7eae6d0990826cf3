/* What is sent to a service may come back in its answer. */
#pragma once

#include "model/target.h"

#include <stddef.h>

/* Makes "***" of each secret of the request in a text from the server, which may have sent it back
 * as it was or encoded (core/text/mask.h). Returns the length that is left. */
size_t service_hide_secrets(const struct target *target, char *text, size_t len);
