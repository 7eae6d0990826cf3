/* Calls that the kernel may block indefinitely, each on its own thread.
 *
 * A statvfs of a hung network mount blocks as long as its server is silent, and so does getaddrinfo
 * for a name server. On libuv's pool a few of them would block all others, so such calls run here:
 * a thread per call, detached (io/thread.h). A thread owns its task until the call has returned, so
 * that nothing has to wait for it: closing the pool and exiting leave a stuck thread behind. (A
 * process can exit while threads wait killably, as those of NFS, CIFS and FUSE do since Linux
 * 2.6.25.) */
#pragma once

#include "core/err.h"
#include "io/io.h"

/* The first member of the input and result of a call. */
struct worker_task {
  /* On the thread: may block; uses nothing but its task. */
  void (*work)(struct worker_task *task);
  /* On the loop's thread, after work, once: takes the task. Not called after worker_pool_close. */
  void (*done)(struct worker_task *task);
  /* Frees the task, on any thread; instead of `done` once the pool has been closed. */
  void (*drop)(struct worker_task *task);
  void *owner; /* for the loop's thread: the worker thread never uses it */

  struct worker_pool *pool; /* internal to worker.c */
  struct worker_task *next;
};

struct worker_pool;

/* At most `most` calls run at once, including stuck ones. */
struct worker_pool *worker_pool_new(struct io *io, size_t most);

/* Starts task->work. True: the thread owns the task until done or drop. False (ERR_LIMIT, ERR_IO):
 * the caller still owns it. */
bool worker_start(struct worker_pool *pool, struct worker_task *task, struct err *err) MUST_CHECK;

/* Whether the pool keeps the loop alive, as at first it does. */
void worker_pool_keep_loop(struct worker_pool *pool, bool keep);

/* No `done` will come after this; closed(arg) comes in the next turn of the loop, whatever the
 * threads do. The last of them frees what they still hold. May be called from within a `done`. */
void worker_pool_close(struct worker_pool *pool, void (*closed)(void *arg), void *arg);
