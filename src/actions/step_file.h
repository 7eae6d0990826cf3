/* A small file that a step reads, on a thread of its own: its disk may hang. */
#pragma once

#include "actions/step.h"

enum { STEP_FILE_MAX = 64 << 10 };

/* Its text in the step's arena. NULL with step->err: it cannot be read, is longer than
 * STEP_FILE_MAX, or has a NUL byte. */
const char *step_file(struct step *step, const char *path);
