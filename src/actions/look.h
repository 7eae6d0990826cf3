/* A step looks at its target again, by the target's own collector. */
#pragma once

#include "actions/step.h"

enum { LOOK_AT_MS = 20000 };

/* The sample of a collection that began after this call. NULL with step->err: the target could not
 * be collected within LOOK_AT_MS, or the step is to end. Valid until the step waits again. */
const struct sample *step_look(struct step *step);
