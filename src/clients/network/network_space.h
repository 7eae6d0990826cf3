/* Network namespaces: each container has its own. */
#pragma once

#include "core/err.h"

/* The calling thread uses that one from now on ("/run/netns/NAME", "/proc/PID/ns/net"): for a
 * thread of one task only. Needs root. */
bool network_space_enter(const char *path, struct err *err) MUST_CHECK;
