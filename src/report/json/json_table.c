#include "core/json/json_writer.h"
#include "report/cell.h"
#include "report/page.h"

static void write_cell(struct json_writer *writer, const char *key, struct value value) {
  switch (value.type) {
  case VALUE_INT:
    json_int(writer, key, value.integer);
    break;
  case VALUE_REAL:
    json_real(writer, key, value.real);
    break;
  case VALUE_TEXT:
    json_text(writer, key, value.text);
    break;
  case VALUE_NONE:
    break;
  }
}

bool report_table_json(FILE *out, const struct table *table) {
  struct json_writer writer = {.out = out, .lines = true};
  const struct table_spec *spec = table->spec;
  json_open(&writer, NULL, '[');
  for (size_t r = 0; r < table->row_count; r++) {
    const struct row *row = &table->rows[r];
    json_line(&writer);
    json_open(&writer, NULL, '{');
    json_text(&writer, "key", row->key);
    json_text_if(&writer, "parent", row->parent);
    json_open(&writer, "cells", '{');
    for (size_t i = 0; i < spec->column_count; i++)
      write_cell(&writer, spec->columns[i].id, cell_value(row, i));
    json_close(&writer, '}');
    json_close(&writer, '}');
  }
  json_line(&writer);
  json_close(&writer, ']');
  putc('\n', out);
  return fflush(out) == 0 && !ferror(out);
}
