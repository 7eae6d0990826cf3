#include "model/inventory_table.h"

#include "core/text/format.h"

#include <string.h>

static bool is_watched(const struct column_spec *column) {
  return (column->flags & COLUMN_CHANGES) != 0;
}

static const char *cell_text(struct sample *sample, const struct column_spec *column,
                             struct value cell) {
  char text[FORMAT_MAX];
  if (cell.type == VALUE_NONE)
    return NULL;
  if (cell.type == VALUE_TEXT)
    return cell.text;
  if (column->unit == UNIT_TIME && cell.type == VALUE_INT)
    return sample_copy(sample, format_time(text, sizeof text, cell.integer, true, true));
  return sample_copy(sample, format_value(text, sizeof text, cell, column->unit, false));
}

/* "web image"; of a summary, and of the row that is the target itself, only "image". */
static void row_watch(struct sample *sample, struct inventory *inventory,
                      const struct table_spec *spec, const struct row *row, const char *target) {
  char title[FORMAT_MAX];
  const char *label = row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key;
  for (size_t i = 0; i < spec->column_count; i++) {
    if (!is_watched(&spec->columns[i]))
      continue;
    format_title(title, sizeof title, spec->columns[i].title);
    const char *name = spec->flags & TABLE_SUMMARY || strcmp(label, target) == 0
                           ? sample_copy(sample, title)
                           : sample_printf(sample, "%.200s %s", label, title);
    sample_item(sample, inventory, name, cell_text(sample, &spec->columns[i], row->cells[i]),
                false);
  }
}

static void table_watch(struct sample *sample, const struct table *table, const char *target) {
  size_t watched = 0;
  for (size_t i = 0; i < table->spec->column_count; i++)
    watched += is_watched(&table->spec->columns[i]);
  if (watched == 0 || table->truncated || sample_is_faulted(sample, table->spec->id))
    return;
  struct inventory *inventory =
      sample_inventory(sample, table->spec->id, 0, table->row_count * watched);
  for (size_t i = 0; inventory && i < table->row_count; i++)
    row_watch(sample, inventory, table->spec, &table->rows[i], target);
}

void sample_watch_tables(struct sample *sample, const char *target) {
  for (size_t i = 0; i < sample->table_count; i++)
    table_watch(sample, &sample->tables[i], target);
}
