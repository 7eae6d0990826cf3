/* Whether a finding that is open in the history is over. */
#pragma once

#include "events/event_store.h"
#include "model/model.h"

/* Only if that can be seen: its target answers, and its row would be judged. now_ms: of the steady
 * clock. */
bool event_orphan_is_over(const struct model *model, const struct event_orphan *orphan,
                          int64_t now_ms);
