/* What a crash leaves behind: a terminal as it was found, and the signal for whoever waits for us.
 *
 * For every signal that ends a process and that the loop does not watch: faults, SIGABRT (a failed
 * assertion, memory that has run out), SIGUSR1, SIGALRM, SIGXCPU, the real-time signals, ...; but
 * not those that the parent has ignored. The handler runs on a stack of its own, so that a stack
 * that has overflown is no hindrance; then what would have handled the signal without it does. */
#pragma once

#include "ui/terminal/terminal.h"

/* From now on a crash gives this terminal back. */
void crash_guard(struct terminal *terminal);
/* No more. */
void crash_unguard(void);
