/* `stacktop keys`: the keys of the dashboard, as they are with this configuration. */
#pragma once

#include "app/startup/options.h"
#include "app/startup/schema.h"

int keys_show(const struct options *options, const struct app_schema *schema);
