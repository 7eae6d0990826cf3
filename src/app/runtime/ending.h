/* The end by a signal, where no loop watches it: `stacktop logs` at a pipe that does not read would
 * never come back to its loop. What must not stay on the disk is removed in the handler. */
#pragma once

#include "io/file/leftovers.h"

/* From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT remove the leftovers before they end the process,
 * except those that the parent ignores, and those that are watched later. */
void ending_guard(struct leftovers *leftovers);
void ending_unguard(void);
/* Removes them. For handlers of other signals. */
void ending_clear(void);
