/* For which server a plan is. */
#pragma once

#include "model/plan.h"
#include "model/sample.h"

/* Whether the sample is of the server that the plan is for, as far as can be told. */
bool plan_is_at(const struct plan *plan, const struct sample *sample, struct err *err) MUST_CHECK;
