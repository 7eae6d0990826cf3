/* Floods: many findings with one cause are folded under it, so that one event and one message
 * stand for all of them. They stay findings, and count.
 *
 *   - A target (or a row) that is CRIT explains the findings of the targets that depend on it
 *     (`depends_on`). What is still there FLOOD_GRACE_MS after the cause is over is news then.
 *   - FLOOD_LEAST findings of the same kind, table, column and severity are folded under the most
 *     harmful of them. Of the lower severities only: each CRIT has its event, up to
 * FLOOD_LEAST_CRIT. */
#pragma once

#include "model/model.h"

enum {
  FLOOD_LEAST = 10,
  FLOOD_LEAST_CRIT = 20,
  FLOOD_GRACE_MS = 120000,
  FLOOD_DEPTH_MAX = 8, /* of targets that depend on each other */
};

/* Sets `under`, `folded` and `unsaid` of the findings, which are in their final order; and logs
 * what has become a flood. model->findings are the earlier ones. */
void flood_apply(struct model *model, struct findings *after, int64_t now_ms);
