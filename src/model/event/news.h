/* Changes from one evaluation to the next, as events.
 *
 * The event log is bounded, and a storm of findings would displace everything else in it, even the
 * worst of the storm. So only the worst of an evaluation are logged one by one, and one event
 * counts the others, which are in the findings. */
#pragma once

#include "model/model.h"

/* Limits per evaluation, of all targets and of one; for new findings, and again for resolved
 * ones. */
enum { NEWS_MAX = 128, NEWS_OF_TARGET_MAX = 32 };

/* model->findings and model->held are the earlier findings, `after` the current ones. New findings
 * are logged before resolved ones, the worst of each last: the newest event is read first. */
void news_log(struct model *model, const struct findings *after, int64_t now_ms);
