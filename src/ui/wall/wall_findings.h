/* What is wrong, for a wall display: the worst finding always, whole; the others in turn, a page of
 * them after the other. */
#pragma once

#include "ui/draw/frame.h"
#include "ui/panes/layout.h"

/* Returns the lines that it takes, at most those of the area. */
int wall_findings_draw(const struct frame *frame, struct rect area, int64_t rotate_ms);
