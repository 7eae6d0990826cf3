/* Judging: a pure function of the model's samples, the rules, the findings before (model->findings
 * and model->held), and now.
 *
 * A finding comes from
 *   - a target_index that is down: refused, unresolved, unreachable, timed out or closed is CRIT,
 * everything else (rights, protocol, limits) UNKNOWN, for then the target may well be healthy;
 *   - a target_index that has gone stale: UNKNOWN;
 *   - a fault of the collection (sample_fault), with the severity that its collector gave it;
 *   - a row that its collector marked, with its reason;
 *   - a number of a root row beyond its threshold (children colour their cells only, so that one
 *     lag is one finding and not thirteen).
 *   - where the model wants all judged: a configured threshold whose number is not known (a rate
 *     needs two collections; a right is missing): UNKNOWN, one finding a target and metric.
 * While a target_index is down or stale its rows give no findings: they are history, and what was
 * found of them is held until it answers again. The same holds for the rows of a table with a
 * fault, as far as they are no longer found. `since` is taken over from the same finding before, or
 * from the held one: what nobody could see neither ends a trouble nor begins it anew.
 *
 * Of rows no more is kept than model->findings_bytes_max allows: the most harmful of all targets.
 * For the others there is one finding a table and severity, so that no target looks better than it
 * is, and the counts are lower bounds (findings_count_is_least). Nothing else is ever cut. */
#pragma once

#include "model/finding.h"
#include "model/model.h"

/* The caller owns what both return. */
struct findings *evaluate(const struct model *model, int64_t now_ms, bool one_pass);
/* Of model->findings and model->held those that cannot be seen now, and are not in after (made by
 * evaluate). */
struct findings *evaluate_held(const struct model *model, const struct findings *after,
                               int64_t now_ms);
/* The table of that target_index has fresh and whole data, and all its findings are in after (made
 * by evaluate): what is not found there is over. */
bool evaluate_sees(const struct model *model, const struct findings *after,
                   const struct finding *finding, int64_t now_ms);
