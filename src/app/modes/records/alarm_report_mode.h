/* `stacktop alarms --report`: the alarms of the last days, measured. */
#pragma once

#include "app/startup/options.h"
#include "model/config/config.h"

/* Beyond the limits; no verdict, because nothing was observed. */
enum { EXIT_ALARMS_BEYOND = 2, EXIT_ALARMS_UNOBSERVED = 3 };
#define ALARM_REPORT_SINCE_DEFAULT "7d"

/* Returns the exit status: 0 within the limits, 1 the history cannot be read, and the above. */
int alarm_report_run(const struct config *config, const struct options *options);
