/* Which findings the marks cover now. */
#pragma once

#include "model/alarm/alarm_mark.h"
#include "model/model.h"

/* Sets `quiet` of each finding, and what is said of it. An acknowledgement counts before a silence.
 * now_ms as in evaluate. */
void alarm_apply(const struct model *model, struct findings *findings, int64_t now_ms);
