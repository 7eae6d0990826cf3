/* The first line, which monitoring systems show. */
#pragma once

#include "model/model.h"
#include "report/text/text_out.h"

/* "CRIT ecap: 1 crit, 3 of 5 targets ok; dashboard: refused: ...; and 2 more", with as many
 * findings as fit, and no '|'. */
void text_status(struct text_out *out, const struct model *model, int64_t now_ms);
/* The same with a given word for the state; the line is not ended. */
void text_status_begin(struct text_out *out, const struct model *model, int64_t now_ms,
                       const char *word);
