/* What the header and the details ask of the panes that show targets. */
#pragma once

#include "ui/pane.h"

/* Targets of the pane's kind. */
size_t pane_kind_slots(const struct pane *pane, const struct model *model);
/* "ok", "waiting", "stale 14s", "down 5m"; "" for a live one that is not well. Returns out. */
const char *pane_kind_state(const struct frame *frame, size_t slot, char *out, size_t size);
