/* The table of a service: always one row, by the service's name. */
#pragma once

#include "model/table.h"

enum service_column {
#define COLUMN(name, ...) name,
#include "services.def"
#undef COLUMN
  SERVICE_COLUMN_COUNT
};

extern const struct table_spec service_table;
