/* The first line: what a monitoring plug-in shows. */
#pragma once

#include "report/text_out.h"

/* "CRIT ecap: 1 crit, 3 of 5 targets ok; dashboard: refused: ...; and 2 more", as many findings as
 * there is room for, and no '|'. */
void text_status(struct text_out *out, const struct model *model, int64_t now_ms);
