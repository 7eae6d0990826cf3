/* `stacktop events`: lists the history on disk. */
#pragma once

#include "app/startup/options.h"
#include "model/config/config.h"

int events_run(const struct config *config, const struct options *options);
