/* The marks as they are on disk, for a mode that ends soon. Blocks: before the loop runs. */
#pragma once

#include "model/alarm/alarm_mark.h"
#include "model/config/config.h"

/* Zeroed at first. What cannot be read is said on stderr, and there are none: everything counts. */
void alarm_now_read(const struct config *config, struct alarm_marks *marks);
