/* Which values are secret. */
#pragma once

#include <stdbool.h>

/* Whether a parameter or property of that name holds a secret: "sasl.password", "api_key",
 * "sasl.jaas.config". Case is ignored. */
bool name_is_secret(const char *name);
