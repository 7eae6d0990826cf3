/* The thread of a source that reads by calls which may wait. */
#pragma once

#include "logs/log_source.h"

/* Calls run(source) on a thread of its own, which holds the source until then. *stop becomes an
 * eventfd that run waits on too; its owner writes to it to end run, and closes it with the source.
 * Fails the source if there is no descriptor or no thread. */
void log_thread_start(struct log_source *source, int *stop, void (*run)(struct log_source *source));
/* run has to return soon. */
void log_thread_stop(int stop);
