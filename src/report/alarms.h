/* The report on alarms: `stacktop alarms --report`. */
#pragma once

#include "model/alarm/alarm_report.h"
#include "report/text/text_options.h"

#include <stdbool.h>
#include <stdio.h>

/* The verdict first, in one sentence. */
void report_alarms_text(FILE *out, const struct alarm_report *report,
                        const struct report_text_options *options, bool utc);
/* One object: docs/json.md. */
void report_alarms_json(FILE *out, const struct alarm_report *report);
