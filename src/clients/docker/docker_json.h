/* Members of a Docker engine's objects. */
#pragma once

#include "core/arena.h"

#include <jansson.h>
#include <stdint.h>

enum { DOCKER_TEXT_MAX = 1024 };

/* A text, at most DOCKER_TEXT_MAX bytes of it; "" where it is none. */
const char *docker_text(struct arena *arena, const json_t *object, const char *name);
/* A count; -1 where it is none, or negative. Numbers are reals (clients/docker/docker.h). */
int64_t docker_int(const json_t *object, const char *name);
