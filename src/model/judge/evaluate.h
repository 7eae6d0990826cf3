/* Evaluation: a pure function of the model's samples, the rules, the earlier findings
 * (model->findings and model->held), and the time.
 *
 * Sources of findings:
 *   - a target that is down: CRIT if refused, unresolved, unreachable, timed out or closed,
 *     otherwise (permissions, protocol, limits) UNKNOWN, because the target may be healthy;
 *   - a stale target: UNKNOWN;
 *   - a fault of the collection (sample_fault), with the severity set by its collector;
 *   - a row that its collector marked, with its reason;
 *   - a number of a root row beyond its threshold (children only colour their cells, so that one
 *     lag is one finding and not thirteen);
 *   - if the model wants everything judged: a configured threshold whose number is not known (a
 *     rate needs two collections; a permission is missing): UNKNOWN, one per target and metric.
 * While a target is down or stale its rows give no findings, because they are history; their last
 * findings are held until it answers again. The same applies to the rows of a table with a fault,
 * if they are no longer found. `since` is that of the same earlier or held finding: an interruption
 * neither resolves a finding nor restarts it.
 *
 * The findings of rows are limited to model->findings_bytes_max: the most harmful of all targets
 * are kept. One finding per table and severity represents the others, so that no target looks
 * better than it is, and the counts are lower bounds (findings_count_is_least). No other findings
 * are dropped. */
#pragma once

#include "model/judge/finding.h"
#include "model/model.h"

/* The caller owns what both return. */
struct findings *evaluate(const struct model *model, int64_t now_ms, bool one_pass);
/* Those of model->findings and model->held that cannot be observed now and are not in after (from
 * evaluate). */
struct findings *evaluate_held(const struct model *model, const struct findings *after,
                               int64_t now_ms);
/* The table of that target has fresh and complete data, and all its findings are in after (from
 * evaluate): findings that are not there have resolved. */
bool evaluate_sees(const struct model *model, const struct findings *after,
                   const struct finding *finding, int64_t now_ms);
