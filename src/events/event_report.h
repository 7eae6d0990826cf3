/* The report on alarms, from the history on disk: one pass over the alarms of the time, in one
 * reading transaction, with a memory that does not depend on their number. Blocks. */
#pragma once

#include "events/event_store.h"
#include "model/alarm/alarm_report.h"

/* The report, zeroed at first, is freed by alarm_report_fini, also after an error. */
bool event_report_read(struct event_store *store, int64_t since_ms, int64_t now_ms,
                       struct alarm_report *report, struct err *err) MUST_CHECK;
