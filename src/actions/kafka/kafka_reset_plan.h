/* The plan of a reset of offsets, from the survey. Pure. */
#pragma once

#include "actions/action.h"

bool kafka_reset_plan(const struct action_request *request, struct plan *plan, struct err *err);
