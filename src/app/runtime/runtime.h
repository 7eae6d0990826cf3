/* The event loop and what lives on it, from the first handle to the last. */
#pragma once

#include "app/runtime/scheduler.h"

struct runtime {
  uv_loop_t loop;
  struct io io;
};

/* False with err when a limit of the system is in the way: exit with EX_OSERR. */
bool runtime_init(struct runtime *runtime, struct err *err) MUST_CHECK;

/* Closes the scheduler (NULL: there is none) and the clients, and waits for the last handle, but
 * not longer than RUNTIME_CLOSE_MS, whatever a client library waits for. Then false: the loop is
 * not to be touched any more, and the process is to end by _exit. All the caller's own handles must
 * be closing. (A terminal that does not listen may take another TTY_LEAVE_MS before it: together
 * they stay below a second.) */
enum { RUNTIME_CLOSE_MS = 600 };
bool runtime_close(struct runtime *runtime, struct scheduler *scheduler) MUST_CHECK;
