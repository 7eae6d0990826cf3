/* Folders of this process that have to go when it ends, even by a signal. Created and owned by app,
 * whose signal handlers clear them; others add theirs through struct io. After SIGKILL nothing
 * does: who makes such a folder looks for those of the dead. */
#pragma once

#include <signal.h>

enum { LEFTOVERS_MAX = 16, LEFTOVER_PATH_MAX = 108 };

struct leftovers {
  struct {
    volatile sig_atomic_t used; /* set last, cleared first */
    char folder[LEFTOVER_PATH_MAX], file[LEFTOVER_PATH_MAX];
  } items[LEFTOVERS_MAX];
};

/* A folder with at most one file; leftovers NULL, or no place left: nothing. */
void leftovers_add(struct leftovers *leftovers, const char *folder, const char *file);
/* It is gone. */
void leftovers_drop(struct leftovers *leftovers, const char *folder);
/* Removes them from the disk. For signal handlers. */
void leftovers_clear(struct leftovers *leftovers);
