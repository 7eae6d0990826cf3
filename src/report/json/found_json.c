#include "report/json/found_json.h"

#include "core/json/json_writer.h"
#include "report/cell.h"

static void write_cell(struct json_writer *writer, const char *key, struct value value) {
  if (value.type == VALUE_INT)
    json_int(writer, key, value.integer);
  else if (value.type == VALUE_REAL)
    json_real(writer, key, value.real);
  else if (value.type == VALUE_TEXT)
    json_text_if(writer, key, value.text);
  else if (value.text) {
    json_open(writer, key, '{');
    json_text(writer, "unknown", value.text);
    json_close(writer, '}');
  }
}

static void write_row(struct json_writer *writer, const struct table_spec *spec,
                      const struct row *row) {
  json_line(writer);
  json_open(writer, NULL, '{');
  json_text(writer, "key", row->key);
  json_text_if(writer, "parent", row->parent);
  json_open(writer, "cells", '{');
  for (size_t i = 0; i < spec->column_count; i++)
    write_cell(writer, spec->columns[i].id, cell_value(row, i));
  json_close(writer, '}');
  json_close(writer, '}');
}

bool found_json_write(FILE *out, const struct operation *operation) {
  struct json_writer writer = {.out = out, .lines = true};
  const struct sample *found = operation->found;
  const struct table *table = &found->tables[0];
  json_open(&writer, NULL, '{');
  json_text(&writer, "action", operation->action->id);
  json_open(&writer, "rows_of", '[');
  for (size_t i = 0; i < operation->key_count; i++)
    json_text(&writer, NULL, operation->keys[i]);
  json_close(&writer, ']');
  json_open(&writer, "notes", '[');
  for (size_t i = 0; i < found->note_count; i++)
    json_text(&writer, NULL, found->notes[i].text);
  json_close(&writer, ']');
  json_text(&writer, "table", table->spec->id);
  json_bool(&writer, "truncated", table->truncated);
  json_open(&writer, "rows", '[');
  for (size_t i = 0; i < table->row_count; i++)
    write_row(&writer, table->spec, &table->rows[i]);
  json_close(&writer, ']');
  json_close(&writer, '}');
  fputc('\n', out);
  return fflush(out) == 0 && !ferror(out);
}
