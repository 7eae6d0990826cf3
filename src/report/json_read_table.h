/* The tables of one target, read from a document. */
#pragma once

#include "model/model.h"
#include "report/json_node.h"

/* Makes the state's sample with all its tables from the target's node: the specs in `arena`, the
 * rest in the sample. past: the rows bring their histories; else each starts with the cells as they
 * are, as after one collection. A table that does not fit into its sample is cut, and says so. */
bool json_read_sample(const struct json_node *target, struct arena *arena, bool past,
                      struct target_state *state) MUST_CHECK;

/* The latest time that is read: the end of the year 9999, in ms. Earlier than 1970 is refused. */
#define JSON_TIME_MAX INT64_C(253402300799999)
/* The longest duration that is read, in ms: 31 years. */
#define JSON_DURATION_MAX INT64_C(1000000000000)
