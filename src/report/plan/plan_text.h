/* A plan as text, as `stacktop plan` and `stacktop apply` print it: the lines of plan_lines.
 * Sentences are wrapped; commands and objects stay on their lines, so that they can be copied. */
#pragma once

#include "model/action/plan.h"
#include "model/sample.h"
#include "report/text/text.h"

/* True unless writing failed. */
bool report_plan_text(FILE *out, const struct plan *plan,
                      const struct report_text_options *options) MUST_CHECK;
/* The candidates, the survey's first table, each row with the word that selects it. */
bool report_candidates_text(FILE *out, const struct sample *found,
                            const struct report_text_options *options) MUST_CHECK;
/* The same of an action that only reads: as a tree, without keys. */
bool report_found_text(FILE *out, const struct sample *found,
                       const struct report_text_options *options) MUST_CHECK;
/* One sentence, wrapped. */
bool report_line(FILE *out, const char *text, const struct report_text_options *options) MUST_CHECK;
