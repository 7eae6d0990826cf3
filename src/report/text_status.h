/* The first line: what a monitoring plug-in shows. */
#pragma once

#include "model/model.h"
#include "report/text_out.h"

/* "CRIT ecap: 1 crit, 3 of 5 targets ok; dashboard: refused: ...; and 2 more", as many findings as
 * there is room for, and no '|'. */
void text_status(struct text_out *out, const struct model *model, int64_t now_ms);
/* The same with a word of one's own for the state; the line is not ended. */
void text_status_begin(struct text_out *out, const struct model *model, int64_t now_ms,
                       const char *word);
