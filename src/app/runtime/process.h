/* What a process inherits and cannot rely on: descriptors, the signal mask, limits. */
#pragma once

#include <stdbool.h>

/* First thing in main, in every mode, before anything can take a descriptor:
 *
 * - A closed descriptor 0, 1 or 2 is opened, on /dev/null, and so that it fails as a closed one
 *   does: reading from 0, or writing to 1 or 2, is an error, which each mode reports. Otherwise
 *   the first socket or file would take the number, and reports would go into it.
 * - No signal stays blocked: a parent that blocks SIGTERM would make us unstoppable. A signal that
 *   the parent ignores (nohup: SIGHUP; a shell without job control: SIGINT and SIGQUIT) stays
 *   ignored, but SIGCHLD, which waiting for a child needs.
 * - SIGXFSZ is ignored: a file beyond `ulimit -f` is an error of the write.
 * - The soft limit of open files is raised to the hard one.
 *
 * False when a descriptor cannot be opened: exit with EX_OSERR, without a message. */
bool process_begin(void);
