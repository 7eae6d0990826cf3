/* The parts of a plan by name, as the document has them. */
#pragma once

#include "model/plan.h"

extern const char *const plan_json_parts[PLAN_PART_COUNT];
