#include "io/thread.h"

#include <signal.h>

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT};
enum { FAULTS = sizeof faults / sizeof *faults };

int thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *arg),
                 void *arg) {
  sigset_t others, before;
  sigfillset(&others);
  for (size_t i = 0; i < FAULTS; i++)
    sigdelset(&others, faults[i]);
  pthread_sigmask(SIG_SETMASK, &others, &before);
  int status = pthread_create(thread, attributes, run, arg);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return status;
}
