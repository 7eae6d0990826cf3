/* From what `stacktop runbook due --json` prints to the row of a scheduled runbook. No input or
 * output; the time is passed in. */
#pragma once

#include "model/sample.h"

extern const struct table_spec schedules_table; /* id "runbooks" */

/* The row; overdue is the severity of a runbook that is overdue (SEVERITY_OK: without a finding).
 * False with err: the text is not such a document, or has no runbook of that name. */
bool schedule_row_add(struct sample *sample, const char *name, const char *json, size_t len,
                      enum severity overdue, int64_t now_ms, struct err *err) MUST_CHECK;
