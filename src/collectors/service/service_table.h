/* The table of a service: always one row, with the name of the service as its key. */
#pragma once

#include "model/table.h"

enum service_column {
#define COLUMN(name, ...) name,
#include "services.def"
#undef COLUMN
  SERVICE_COLUMN_COUNT
};

extern const struct table_spec service_table;
