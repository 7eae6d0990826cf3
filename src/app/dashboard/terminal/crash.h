/* Restores the terminal after a crash and passes the signal on to the parent's wait.
 *
 * For every signal that ends a process and is not watched by the loop: faults, SIGABRT (a failed
 * assertion, out of memory), SIGUSR1, SIGALRM, SIGXCPU, the real-time signals, ..., except those
 * that the parent ignores. The handler has a stack of its own, so that it also runs after a stack
 * overflow; then the default or earlier handler of the signal runs. */
#pragma once

#include "ui/terminal/terminal.h"

/* From now on a crash restores this terminal. */
void crash_guard(struct terminal *terminal);
/* Ends that. */
void crash_unguard(void);
