#include "actions/found.h"

#include <assert.h>

enum fact_column { FACT_NAME, FACT_VALUE, FACT_COLUMN_COUNT };
static const struct column_spec fact_columns[FACT_COLUMN_COUNT] = {
    [FACT_NAME] = {.id = "fact", .title = "FACT"},
    [FACT_VALUE] = {.id = "value", .title = "VALUE"},
};
static const struct table_spec facts_table = {
    .id = "facts",
    .title = "Facts",
    .columns = fact_columns,
    .column_count = FACT_COLUMN_COUNT,
};

struct sample *found_new(const struct table_spec *const *specs, size_t count) {
  const struct table_spec *all[FOUND_TABLES_MAX + 1];
  assert(count <= FOUND_TABLES_MAX);
  for (size_t i = 0; i < count; i++)
    all[i] = specs[i];
  all[count] = &facts_table;
  return sample_new(all, count + 1);
}

static void set(struct sample *found, const char *name, struct value value) {
  struct row *row = sample_row(found, sample_table(found, facts_table.id), name, NULL);
  if (!row)
    return;
  row->cells[FACT_NAME] = value_text(row->key);
  row->cells[FACT_VALUE] = value;
}

void found_set_int(struct sample *found, const char *name, int64_t number) {
  set(found, name, value_int(number));
}

void found_set_text(struct sample *found, const char *name, const char *text) {
  set(found, name, value_text(sample_copy(found, text)));
}

static struct value get(const struct sample *found, const char *name) {
  const struct table *table = found ? sample_table_view(found, facts_table.id) : NULL;
  const struct row *row = table ? table_find(table, name) : NULL;
  return row ? row->cells[FACT_VALUE] : value_none(NULL);
}

int64_t found_int(const struct sample *found, const char *name, int64_t fallback) {
  struct value value = get(found, name);
  return value.type == VALUE_INT ? value.integer : fallback;
}

const char *found_text(const struct sample *found, const char *name) {
  struct value value = get(found, name);
  return value.type == VALUE_TEXT ? value.text : "";
}
