/* The result of a plan as text: object by object, the proof, and how to undo it. */
#pragma once

#include "model/action/outcome.h"
#include "model/action/plan.h"
#include "report/text/text.h"

/*     done         pid 8123  gone after 0.2 s
 *     refused      pid 8124  must be a member of the role whose process is being terminated
 *     partly done  shop.audit_logs  1,200 of 5,000 rows: stopped
 *
 *     1 done, 1 partly done, 1 refused
 *     Proof: ...
 *     Undo: stacktop plan ...
 *
 * True unless writing failed. */
bool report_outcome_text(FILE *out, const struct plan *plan, const struct outcome *outcome,
                         const struct report_text_options *options) MUST_CHECK;
/* "2 done, 1 refused". Returns out. */
const char *outcome_counts(const struct outcome *outcome, char *out, size_t size);
/* What it printed, below "Output:" and line by line as it came, sanitised and not wrapped; nothing
 * without an output. True unless writing failed. */
bool report_output_text(FILE *out, const struct outcome *outcome,
                        const struct report_text_options *options) MUST_CHECK;
