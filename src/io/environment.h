/* What programs of the configuration get of stacktop's own environment: what they need to be found,
 * to write in the right language and to reach the engine, the cluster or the host that stacktop
 * reaches. No name of these holds a secret itself. Everything else may hold secrets: of stacktop
 * (PGPASSWORD, REDISCLI_AUTH, what the configuration takes by ${NAME}), or of other programs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether a variable of that name is handed on: PATH, HOME, LC_..., DOCKER_HOST, ... */
bool environment_is_shared(const char *name, size_t len);
/* The shared ones as "NAME=VALUE", ends with NULL; free() it, but not its texts, which last until
 * the environment changes. `more`: further names, which are handed on if they are set. */
char **environment_shared(char *const *more, size_t count);
