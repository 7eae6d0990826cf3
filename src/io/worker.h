/* Calls that the kernel may hold for ever, each on a thread of its own.
 *
 * A statvfs of a hung network mount waits for as long as its server is silent, and so does
 * getaddrinfo for a name server. On libuv's pool a few of them would stop all others, so such calls
 * run here: a thread a call, detached
 * (io/thread.h). A thread owns its task until the call has returned, so that nobody needs to
 * wait for it: closing the pool and leaving the process leave a stuck thread behind. (A process
 * ends with threads that wait killably, as those of NFS, CIFS and FUSE do since Linux 2.6.25.) */
#pragma once

#include "core/err.h"
#include "io/io.h"

/* The first member of what a call needs and finds out. */
struct worker_task {
  /* On the thread: may block; touches nothing but its task. */
  void (*work)(struct worker_task *task);
  /* On the loop's thread, after work, once: takes the task. Not called after worker_pool_close. */
  void (*done)(struct worker_task *task);
  /* Frees the task, on whatever thread; in place of `done` once the pool has been closed. */
  void (*drop)(struct worker_task *task);
  void *owner; /* the loop thread's own: the thread never looks at it */

  struct worker_pool *pool; /* inside of worker.c */
  struct worker_task *next;
};

struct worker_pool;

/* At most `most` calls are under way at once, stuck ones included. */
struct worker_pool *worker_pool_new(struct io *io, size_t most);

/* Starts task->work. True: the task is the thread's until done or drop. False (ERR_LIMIT, ERR_IO):
 * it is still the caller's. */
bool worker_start(struct worker_pool *pool, struct worker_task *task, struct err *err) MUST_CHECK;

/* Whether the pool keeps the loop alive, as at first it does. */
void worker_pool_keep_loop(struct worker_pool *pool, bool keep);

/* No `done` will come any more; closed(arg) comes in the next turn of the loop, whatever the
 * threads do. What they still hold is freed by the last of them. May be called from within a
 * `done`. */
void worker_pool_close(struct worker_pool *pool, void (*closed)(void *arg), void *arg);
