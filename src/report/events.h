/* Events of the history on disk: `stacktop events`. */
#pragma once

#include "model/event/event_record.h"
#include "report/text/text_options.h"

#include <stdio.h>

struct text_out;

/* "2026-11-28 14:02:11-14:09:40  7m29s  CRIT  postgres ecap: lag 12,430, above 10,000" */
void report_event_text(struct text_out *out, const struct event_record *record, bool utc,
                       int64_t now_ms);
/* One object on a line: docs/json.md. */
void report_event_json(FILE *out, const struct event_record *record);
/* The line of titles, and one line (RFC 4180); times in UTC. */
void report_event_csv_head(FILE *out);
void report_event_csv(FILE *out, const struct event_record *record);
