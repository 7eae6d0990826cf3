/* The lines of a run's file, as JSON with a newline, and the words in them. */
#pragma once

#include "operate/runbook/runbook_run.h"

/* The first line. All texts are the file's. */
struct runbook_head {
  const char *id, *runbook, *path, *source;
  const char *config; /* the configuration file; "": none */
  const char *user, *host;
  int64_t at_ms;
  const char *names[RUNBOOK_PARAMS_MAX], *values[RUNBOOK_PARAMS_MAX]; /* of the parameters */
  size_t value_count;
};

/* By the enums; each ends with NULL. */
extern const char *const runbook_event_names[], *const runbook_result_names[],
                                                    *const runbook_over_names[];

/* The caller frees them. */
char *runbook_line_head(const struct runbook_head *head);
char *runbook_line_event(const struct runbook_event *event);
