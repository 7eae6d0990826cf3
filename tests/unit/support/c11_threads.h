/* C11 threads as pthreads, for ThreadSanitizer: it knows only the latter, and Debian's librdkafka
 * uses the former. Defined in the test's executable, they take precedence over the C library's own.
 */
#pragma once

#ifdef __SANITIZE_THREAD__

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

struct c11_start {
  thrd_start_t start;
  void *arg;
};

static void *c11_run(void *memory) {
  struct c11_start start = *(struct c11_start *)memory;
  free(memory);
  return (void *)(intptr_t)start.start(start.arg);
}

static int c11_status(int status) {
  return status == 0           ? thrd_success
         : status == EBUSY     ? thrd_busy
         : status == ETIMEDOUT ? thrd_timedout
                               : thrd_error;
}

int thrd_create(thrd_t *thread, thrd_start_t start, void *arg) {
  struct c11_start *memory = malloc(sizeof *memory);
  *memory = (struct c11_start){start, arg};
  return c11_status(pthread_create(thread, NULL, c11_run, memory));
}

int thrd_join(thrd_t thread, int *result) {
  void *value;
  int status = c11_status(pthread_join(thread, &value));
  if (result)
    *result = (int)(intptr_t)value;
  return status;
}

int thrd_detach(thrd_t thread) {
  return c11_status(pthread_detach(thread));
}

int mtx_init(mtx_t *mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if (type & mtx_recursive)
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  return c11_status(pthread_mutex_init((pthread_mutex_t *)mutex, &attributes));
}

int mtx_lock(mtx_t *mutex) {
  return c11_status(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_trylock(mtx_t *mutex) {
  return c11_status(pthread_mutex_trylock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex) {
  return c11_status(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

void mtx_destroy(mtx_t *mutex) {
  pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int cnd_init(cnd_t *condition) {
  return c11_status(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

int cnd_signal(cnd_t *condition) {
  return c11_status(pthread_cond_signal((pthread_cond_t *)condition));
}

int cnd_broadcast(cnd_t *condition) {
  return c11_status(pthread_cond_broadcast((pthread_cond_t *)condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
  return c11_status(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until) {
  return c11_status(
      pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}

void cnd_destroy(cnd_t *condition) {
  pthread_cond_destroy((pthread_cond_t *)condition);
}

#endif
