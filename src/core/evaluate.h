/* Judging: a pure function of the model's samples, the rules, the findings before, and now.
 *
 * A finding comes from
 *   - a slot that is down: refused, unresolved, unreachable, timed out or closed is CRIT,
 * everything else (rights, protocol, limits) UNKNOWN, for then the target may well be healthy;
 *   - a slot that has gone stale: UNKNOWN;
 *   - a row that its collector marked, with its reason;
 *   - a number of a root row beyond its threshold (children colour their cells only, so that one
 *     lag is one finding and not thirteen).
 * While a slot is down or stale its rows give no findings: they are history. `since` is taken over
 * from the same finding before. */
#pragma once

#include "core/finding.h"
#include "core/model.h"

struct findings *evaluate(const struct model *model, const struct findings *before, int64_t now_ms,
                          bool one_pass);
