/* Sizes as Kubernetes writes them, for the parameters of actions. */
#pragma once

#include "core/arena.h"
#include "core/err.h"

#include <stdint.h>

/* "512Mi", "1.5G", "1e9": from 1 MiB to 2^62 bytes. False with err, which says what a small one
 * such as "512m" (half a byte) was meant to be. */
bool kubernetes_size_parse(const char *text, int64_t *bytes, struct err *err);
bool kubernetes_size_check(const char *text, struct err *err); /* for an option */
/* "512Mi (512 MB)": as the object has it, and as people read it. */
const char *kubernetes_size_shown(struct arena *arena, const char *text);
