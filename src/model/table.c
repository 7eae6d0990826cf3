#include "model/table.h"

#include <string.h>

int table_column(const struct table_spec *spec, const char *id) {
  for (size_t i = 0; i < spec->column_count; i++)
    if (strcmp(spec->columns[i].id, id) == 0)
      return (int)i;
  return -1;
}

const struct row *table_find(const struct table *table, const char *key) {
  for (size_t i = 0; i < table->row_count; i++)
    if (strcmp(table->rows[i].key, key) == 0)
      return &table->rows[i];
  return NULL;
}
