/* The table of a service: always one row, by the service's name. */
#pragma once

#include "model/table.h"

enum service_column {
  SERVICE_NAME,
  SERVICE_ADDRESS,
  SERVICE_STATE,
  SERVICE_LATENCY,
  SERVICE_AVAILABILITY,
  SERVICE_SINCE,
  SERVICE_CONNECT,
  SERVICE_ERROR,
  SERVICE_STATUS,
  SERVICE_RESOLVE,
  SERVICE_FIRST_BYTE,
  SERVICE_WINDOW,
  SERVICE_RUNTIME,
  SERVICE_COLUMN_COUNT
};

extern const struct table_spec service_table;
