/* The parts of a plan by name, as in the document. */
#pragma once

#include "model/action/plan.h"

extern const char *const plan_json_parts[PLAN_PART_COUNT];
