#include "io/worker.h"

#include "core/mem.h"
#include "io/limit.h"
#include "io/thread.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Enough for realpath's buffers and for a name service module, also under the sanitizers. Only
 * memory that is touched counts. */
enum { STACK_BYTES = 1 << 20 };

struct worker_pool {
  uv_async_t wake; /* used by threads only under the mutex and while it is open */
  size_t most;
  void (*closed)(void *arg);
  void *closed_arg;

  pthread_mutex_t mutex; /* for all that follows */
  bool open;
  size_t running;             /* threads that have not returned their task */
  size_t holders;             /* those, and the loop: the last one frees the pool */
  struct worker_task *oldest; /* finished tasks for the loop */
  struct worker_task **newest_link;
};

/* Releases one reference; called with the mutex locked, which it unlocks. */
static void pool_release(struct worker_pool *pool) {
  bool last = --pool->holders == 0;
  pthread_mutex_unlock(&pool->mutex);
  if (!last)
    return;
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

static struct worker_task *pool_take(struct worker_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  struct worker_task *task = pool->oldest;
  if (task)
    pool->oldest = task->next;
  if (!pool->oldest)
    pool->newest_link = &pool->oldest;
  pthread_mutex_unlock(&pool->mutex);
  return task;
}

/* One by one, because a `done` may close the pool; the pool itself lives until its handle is
 * closed. */
static void on_wake(uv_async_t *wake) {
  struct worker_task *task;
  while ((task = pool_take(wake->data)))
    task->done(task);
}

struct worker_pool *worker_pool_new(struct io *io, size_t most) {
  struct worker_pool *pool = mem_new(sizeof *pool);
  pool->most = most;
  pool->open = true;
  pool->holders = 1;
  pool->newest_link = &pool->oldest;
  pool->wake.data = pool;
  pthread_mutex_init(&pool->mutex, NULL);
  int status = uv_async_init(io->loop, &pool->wake, on_wake);
  assert(status == 0); /* fails only without descriptors, which the loop already has */
  (void)status;
  return pool;
}

static void *thread_main(void *arg) {
  struct worker_task *task = arg;
  struct worker_pool *pool = task->pool;
  task->work(task);
  pthread_mutex_lock(&pool->mutex);
  bool open = pool->open;
  if (open) {
    task->next = NULL;
    *pool->newest_link = task;
    pool->newest_link = &task->next;
    uv_async_send(&pool->wake);
  }
  pool->running--;
  pool_release(pool);
  if (!open)
    task->drop(task);
  return NULL;
}

static int task_start(struct worker_task *task) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  int status = thread_start(&thread, &attributes, thread_main, task);
  pthread_attr_destroy(&attributes);
  return status;
}

bool worker_start(struct worker_pool *pool, struct worker_task *task, struct err *err) {
  task->pool = pool;
  pthread_mutex_lock(&pool->mutex);
  bool room = pool->running < pool->most;
  if (room) {
    pool->running++;
    pool->holders++;
  }
  pthread_mutex_unlock(&pool->mutex);
  if (!room)
    return err_set(err, ERR_LIMIT, "%zu calls are already waiting", pool->most);
  int status = task_start(task);
  if (status == 0)
    return true;
  pthread_mutex_lock(&pool->mutex);
  pool->running--;
  pool_release(pool);
  return limit_thread(status, err);
}

void worker_pool_keep_loop(struct worker_pool *pool, bool keep) {
  if (keep)
    uv_ref((uv_handle_t *)&pool->wake);
  else
    uv_unref((uv_handle_t *)&pool->wake);
}

static void on_closed(uv_handle_t *handle) {
  struct worker_pool *pool = handle->data;
  void (*closed)(void *arg) = pool->closed;
  void *arg = pool->closed_arg;
  pthread_mutex_lock(&pool->mutex);
  pool_release(pool);
  closed(arg);
}

void worker_pool_close(struct worker_pool *pool, void (*closed)(void *arg), void *arg) {
  pool->closed = closed;
  pool->closed_arg = arg;
  pthread_mutex_lock(&pool->mutex);
  pool->open = false;
  pthread_mutex_unlock(&pool->mutex);
  struct worker_task *task;
  while ((task = pool_take(pool)))
    task->drop(task);
  uv_close((uv_handle_t *)&pool->wake, on_closed);
}
