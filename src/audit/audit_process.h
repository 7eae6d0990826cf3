/* Processes of this host, from /proc. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Start time of the process, in ticks since the boot; 0 if not known. */
int64_t process_start(int64_t pid);
/* Whether the process that had this pid at at_ms has certainly ended. */
bool process_is_gone(int64_t pid, int64_t start, int64_t at_ms, int64_t now_ms);
