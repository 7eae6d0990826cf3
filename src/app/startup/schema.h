/* What a configuration can contain: the kinds and metrics of all collectors. */
#pragma once

#include "config/config_options.h"

enum { SCHEMA_KINDS_MAX = 32, SCHEMA_METRICS_MAX = 256, SCHEMA_TABLES_MAX = 16 };

struct app_schema {
  struct config_schema schema; /* borrows the arrays below: do not copy or move this */
  const struct target_kind *kinds[SCHEMA_KINDS_MAX];
  const struct column_spec *metrics[SCHEMA_METRICS_MAX];
  const struct target_kind *metric_kinds[SCHEMA_METRICS_MAX];
  const struct table_spec *tables[SCHEMA_KINDS_MAX][SCHEMA_TABLES_MAX + 1];
  const struct table_spec *const *table_lists[SCHEMA_KINDS_MAX];
};

void app_schema_init(struct app_schema *schema);
