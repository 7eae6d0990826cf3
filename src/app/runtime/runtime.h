/* The event loop and what lives on it, from the first handle to the last. */
#pragma once

#include "app/runtime/scheduler.h"
#include "io/file/leftovers.h"

struct runtime {
  uv_loop_t loop;
  struct io io;
  struct leftovers leftovers;
};

/* False with err if a system limit is reached: exit with EX_OSERR. */
bool runtime_init(struct runtime *runtime, struct err *err) MUST_CHECK;

/* Closes the scheduler (NULL: none) and the clients, and waits for the last handle, but at most
 * RUNTIME_CLOSE_MS, whatever a client library does. If false: do not touch the loop again, and end
 * the process by _exit. All handles of the caller must be closing. (A terminal that does not read
 * may take another TTY_LEAVE_MS before: together less than a second.) */
enum { RUNTIME_CLOSE_MS = 600 };
bool runtime_close(struct runtime *runtime, struct scheduler *scheduler) MUST_CHECK;
