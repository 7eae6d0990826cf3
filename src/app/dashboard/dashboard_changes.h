/* What a reload says of the options of the file whose value has changed: which of them it took
 * over, and which need a restart. */
#pragma once

#include "app/startup/options.h"
#include "config/config_options.h"

enum change_effect {
  CHANGE_UNSAID,     /* a new option: dashboard_changes.c has to say */
  CHANGE_AT_ONCE,    /* the reload takes it over */
  CHANGE_AT_RESTART, /* what was opened with it at the start keeps the old value */
};
enum change_effect dashboard_change_effect(enum config_option option);

/* "; state: needs a restart; theme, events_keep: taken over"; "" if none has changed. Returns out.
 */
enum { DASHBOARD_CHANGES_MAX = 480 };
const char *dashboard_changes_text(char out[DASHBOARD_CHANGES_MAX], const struct config *config,
                                   const struct config *old, const struct options *options);
