/* What a person does first about each finding that there can be. */
#pragma once

#include "model/judge/next_step.h"

extern const struct next_step next_steps[];
