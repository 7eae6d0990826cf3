/* Threads besides the loop's. */
#pragma once

#include <pthread.h>

/* pthread_create for a thread that handles only the signals of its own faults: other signals belong
 * to the loop's thread, and a fault with its signal blocked would end the process without the crash
 * handler that restores the terminal. attributes may be NULL. Returns 0 or an errno. */
int thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *arg),
                 void *arg);
