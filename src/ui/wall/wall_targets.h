/* All targets by kind, for a wall display: "Services  api !!  dashboard". What is well is dimmed.
 */
#pragma once

#include "ui/draw/frame.h"
#include "ui/panes/layout.h"

void wall_targets_draw(const struct frame *frame, struct rect area);
