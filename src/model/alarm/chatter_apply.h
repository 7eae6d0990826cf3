/* Applies chattering (model/alarm/chatter.h) to an evaluation. */
#pragma once

#include "model/alarm/chatter.h"
#include "model/model.h"

/* Follows the findings of an evaluation, and makes those that flap stay in it; their place among
 * the others is right again afterwards. What begins or ends to flap is an event. */
void chatter_apply(struct chatter *chatter, struct model *model, struct findings *after,
                   int64_t now_ms);
