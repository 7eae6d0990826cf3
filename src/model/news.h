/* What has changed from one evaluation to the next, as events.
 *
 * The event log is bounded, and a storm of findings would push out all that was in it, the worst of
 * the storm included. So of one evaluation only the worst are logged one by one, and one event says
 * how many others there are: they stand in the findings. */
#pragma once

#include "model/model.h"

/* At once, of all targets and of one; of what has appeared, and again of what is over. */
enum { NEWS_MAX = 128, NEWS_OF_TARGET_MAX = 32 };

/* model->findings and model->held are those before, `after` those of now. What has appeared comes
 * before what is over, and the worst of each comes last: the newest event is what is read first. */
void news_log(struct model *model, const struct findings *after, int64_t now_ms);
