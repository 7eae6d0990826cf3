/* The lines of a run's file, as JSON with a newline, and the words in them. */
#pragma once

#include "operate/runbook/runbook_file.h"

/* By the enums; each ends with NULL. */
extern const char *const runbook_event_names[], *const runbook_result_names[],
                                                    *const runbook_over_names[];

/* The caller frees them. */
char *runbook_line_head(const struct runbook_head *head);
char *runbook_line_event(const struct runbook_event *event);
