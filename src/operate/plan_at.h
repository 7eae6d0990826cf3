/* The server that a plan is for. */
#pragma once

#include "model/action/plan.h"
#include "model/sample.h"

/* Whether the sample comes from the server that the plan is for, as far as the identities are
 * known. */
bool plan_is_at(const struct plan *plan, const struct sample *sample, struct err *err) MUST_CHECK;
