/* Sends one message by one channel, as a person asks for it: to see whether it arrives. */
#pragma once

#include "io/io.h"
#include "model/target.h"

/* Why there is none: NULL, it was delivered. */
typedef void (*notify_tested)(void *arg, const struct target *channel, const struct err *err);

/* The callback comes once, maybe before this returns. */
void notify_test(struct io *io, const struct target *channel, notify_tested done, void *arg);
