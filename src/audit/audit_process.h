/* Processes of this host, by /proc. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* When that process began, in ticks since the boot; 0 where it is not told. */
int64_t process_start(int64_t pid);
/* Whether the process that had this pid then is certainly not there any more. at_ms: when it was
 * seen. */
bool process_is_gone(int64_t pid, int64_t start, int64_t at_ms, int64_t now_ms);
