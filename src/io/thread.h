/* Threads beside the loop's. */
#pragma once

#include <pthread.h>

/* pthread_create for a thread on which no signal is handled but those of its own faults: the others
 * are the loop thread's, and a fault with its signal blocked would end the process without the
 * crash handler that gives the terminal back. attributes may be NULL. Returns 0 or an errno. */
int thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *arg),
                 void *arg);
