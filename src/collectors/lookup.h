/* The kinds of all collectors and their tables, for conditions over figures. */
#pragma once

#include "model/judge/condition.h"

extern const struct condition_lookup collector_lookup;
