#include "logs/log_thread.h"

#include "core/mem.h"
#include "io/limit.h"
#include "io/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

enum { STACK_BYTES = 1 << 20 }; /* sd-journal and PCRE2 need some */

struct job {
  struct log_source *source;
  void (*run)(struct log_source *source);
};

static void *thread_main(void *arg) {
  const struct job job = *(struct job *)arg;
  free(arg);
  job.run(job.source);
  log_source_release(job.source);
  return NULL;
}

void log_thread_start(struct log_source *source, int *stop,
                      void (*run)(struct log_source *source)) {
  struct err err;
  pthread_t thread;
  pthread_attr_t attributes;
  *stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (*stop < 0) {
    if (!limit_error(errno, &err))
      err_set(&err, ERR_IO, "cannot make an eventfd: %s", strerror(errno));
    log_source_fail(source, &err);
    return;
  }
  struct job *job = mem_new(sizeof *job);
  *job = (struct job){source, run};
  log_source_hold(source);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  const int status = thread_start(&thread, &attributes, thread_main, job);
  pthread_attr_destroy(&attributes);
  if (status == 0)
    return;
  free(job);
  limit_thread(status, &err);
  log_source_fail(source, &err);
  log_source_release(source);
}

void log_thread_stop(int stop) {
  if (stop >= 0)
    (void)eventfd_write(stop, 1);
}
