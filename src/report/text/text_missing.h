/* Values that are not known, and why: "AVAIL, FOR: needs two collections". */
#pragma once

#include "model/model.h"
#include "report/text/text_out.h"

/* One line per reason, of all targets from `first` up to, not including, `end`. */
void text_missing(struct text_out *out, const struct model *model, size_t first, size_t end);
