#include "collectors/service/service_table.h"

static const struct column_spec columns[SERVICE_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "services.def"
#undef COLUMN
};

const struct table_spec service_table = {.id = "services",
                                         .title = "Services",
                                         .columns = columns,
                                         .column_count = SERVICE_COLUMN_COUNT};
