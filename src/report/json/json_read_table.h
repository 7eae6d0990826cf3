/* The tables of one target, read from a document. */
#pragma once

#include "core/json/json_node.h"
#include "model/model.h"

/* Creates the state's sample with all its tables from the target's node: the specs in `arena`, the
 * rest in the sample. past: the rows contain their histories; otherwise each history starts with
 * the current cells, as after one collection. A table that does not fit into its sample is marked
 * as truncated. */
bool json_read_sample(const struct json_node *target, struct arena *arena, bool past,
                      struct target_state *state) MUST_CHECK;

/* The latest time that is accepted: the end of the year 9999, in ms. Times before 1970 are
 * refused. */
#define JSON_TIME_MAX INT64_C(253402300799999)
/* The longest duration that is accepted, in ms: 31 years. */
#define JSON_DURATION_MAX INT64_C(1000000000000)
