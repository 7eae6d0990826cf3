/* A Prometheus of the configuration, by its name: for targets that have one answer for them. */
#pragma once

#include "model/target.h"

/* False with err where there is none of that name; *found is NULL where the target belongs to no
 * configuration. */
bool prometheus_named(const struct target *target, const char *name, const struct target **found,
                      struct err *err) MUST_CHECK;
