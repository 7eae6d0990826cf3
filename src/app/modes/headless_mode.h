/* `plan` and `apply` on the loop: the scheduler asks the one target, and everything ends in order.
 */
#pragma once

#include "app/runtime/runtime.h"
#include "operate/headless.h"

struct headless_mode {
  struct headless headless;
  struct runtime *runtime;
  struct scheduler *scheduler; /* NULL before the target is asked */
  bool asked;                  /* the target has answered, or failed to */
};

/* Takes the config and state; all targets but the one go. */
void headless_mode_open(struct headless_mode *mode, struct runtime *runtime, struct config *config,
                        char *state, const struct target *target, bool read_only);
/* Ends everything, the runtime too; returns the status (or leaves with it, when something hangs).
 */
int headless_mode_close(struct headless_mode *mode, int status);
