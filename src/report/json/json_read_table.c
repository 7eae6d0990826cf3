#include "report/json/json_read_table.h"

#include "core/map.h"
#include "report/json/json.h"
#include "report/json/json_flags.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { PRIORITY_MAX = 1000, WIDTH_MAX = 1000 };

/* ---- specs ---- */

static const char *keep(struct arena *arena, const char *text) {
  return text ? arena_text(arena, text, strlen(text)) : NULL;
}

static bool read_flags(const struct json_node *node, unsigned *flags) {
  struct json_node array;
  size_t count;
  if (!json_read_array(node, "flags", &array, &count))
    return false;
  for (size_t i = 0; i < count; i++) {
    const char *name = json_string_value(json_array_get(array.json, i));
    for (const struct json_flag *flag = json_column_flags; name && flag->name; flag++)
      if (strcmp(flag->name, name) == 0)
        *flags |= flag->flag;
  }
  return true;
}

static bool read_threshold(const struct json_node *node, struct threshold *threshold) {
  struct json_node member = json_member(node, "threshold");
  if (!member.json)
    return true;
  return json_expect(&member, json_is_object(member.json), "an object") &&
         json_read_real(&member, "warn", &threshold->has_warn, &threshold->warn) &&
         json_read_real(&member, "crit", &threshold->has_crit, &threshold->crit) &&
         json_read_bool_or(&member, "below", false, &threshold->below) &&
         json_read_real(&member, "clear", &threshold->has_clear, &threshold->clear) &&
         json_read_int_or(&member, "clear_for_ms", 0, 0, JSON_DURATION_MAX,
                          &threshold->clear_for_ms) &&
         json_read_int_or(&member, "for_ms", 0, 0, JSON_DURATION_MAX, &threshold->for_ms);
}

static bool read_column(const struct json_node *node, struct arena *arena,
                        struct column_spec *column) {
  const char *id, *title, *unit, *metric, *help;
  int64_t priority, width;
  if (!json_expect(node, json_is_object(node->json), "an object") ||
      !json_read_text(node, "id", &id) || !json_read_text_or(node, "title", id, &title) ||
      !json_read_text_or(node, "unit", "none", &unit) ||
      !json_read_text_or(node, "metric", NULL, &metric) ||
      !json_read_text_or(node, "help", NULL, &help) ||
      !json_read_int_or(node, "priority", 0, 0, PRIORITY_MAX, &priority) ||
      !json_read_int_or(node, "width", 0, 0, WIDTH_MAX, &width) ||
      !read_flags(node, &column->flags) || !read_threshold(node, &column->threshold))
    return false;
  column->id = keep(arena, id);
  column->title = keep(arena, title);
  column->metric = keep(arena, metric);
  column->help = keep(arena, help);
  column->priority = (int)priority;
  column->width = (int)width;
  if (!unit_parse(unit, &column->unit))
    column->unit = UNIT_NONE; /* unit of a later minor version: the bare number is still correct */
  return true;
}

static bool read_columns(const struct json_node *node, struct arena *arena,
                         struct table_spec *spec) {
  struct json_node array;
  if (!json_read_array(node, "columns", &array, &spec->column_count) ||
      !json_expect(&array, spec->column_count > 0 && spec->column_count <= REPORT_JSON_COLUMNS_MAX,
                   "1 to 256 columns"))
    return false;
  struct column_spec *columns = arena_alloc(arena, spec->column_count * sizeof *columns);
  if (!columns)
    return json_node_fail(node, "too many to keep");
  spec->columns = columns;
  for (size_t i = 0; i < spec->column_count; i++) {
    struct json_node element = json_element(&array, i);
    if (!read_column(&element, arena, &columns[i]))
      return false;
    for (size_t j = 0; j < i; j++)
      if (strcmp(columns[i].id, columns[j].id) == 0)
        return json_node_fail(&element, "a duplicate column id");
  }
  return true;
}

static bool read_spec(const struct json_node *node, struct arena *arena, struct table_spec *spec) {
  const char *id, *title;
  bool summary, unfolded, own;
  if (!json_expect(node, json_is_object(node->json), "an object") ||
      !json_read_text(node, "id", &id) || !json_read_text_or(node, "title", id, &title) ||
      !json_read_bool_or(node, "summary", false, &summary) ||
      !json_read_bool_or(node, "own", false, &own) ||
      !json_read_bool_or(node, "unfolded", false, &unfolded) || !read_columns(node, arena, spec))
    return false;
  spec->id = keep(arena, id);
  spec->title = keep(arena, title);
  spec->flags =
      (summary ? TABLE_SUMMARY : 0u) | (unfolded ? TABLE_UNFOLDED : 0u) | (own ? TABLE_OWN : 0u);
  return true;
}

/* ---- rows ---- */

struct reader {
  struct sample *sample;
  struct table *table;
  size_t table_index;
  struct history *history;
  bool past;
  struct map keys; /* of the rows read so far */
};

static bool read_cell(const struct json_node *node, struct sample *sample, struct value *value) {
  if (!node->json)
    return true;
  const char *reason;
  switch (json_typeof(node->json)) {
  case JSON_INTEGER:
    *value = value_int(json_integer_value(node->json));
    return true;
  case JSON_REAL:
    *value = value_real(json_real_value(node->json));
    return true;
  case JSON_STRING:
    *value = value_text(keep(&sample->arena, json_string_value(node->json)));
    return true;
  case JSON_OBJECT:
    if (!json_read_text(node, "unknown", &reason))
      return false;
    *value = value_none(keep(&sample->arena, reason));
    return true;
  default:
    return json_node_fail(node, "expected a number, a text, null or {\"unknown\": why}");
  }
}

static bool read_ring(const struct json_node *node, struct reader *reader, const char *key,
                      size_t column) {
  if (!json_expect(node, json_is_array(node->json), "an array"))
    return false;
  /* Two rows with the same key (a bug of a collector) share their ring. */
  if (history_find(reader->history, reader->table_index, key, column))
    return true;
  for (size_t i = 0; i < json_array_size(node->json); i++) {
    struct json_node element = json_element(node, i);
    bool known = json_is_number(element.json);
    if (!json_expect(&element, known || json_is_null(element.json), "a number or null"))
      return false;
    double number = known ? json_number_value(element.json) : NAN;
    history_add(reader->history, reader->table_index, key, column,
                fabs(number) <= (double)FLT_MAX ? (float)number : NAN);
  }
  return true;
}

static bool read_past(const struct json_node *row_node, struct reader *reader, const char *key) {
  struct json_node past = json_member(row_node, "past");
  if (!reader->past || !past.json)
    return true;
  if (!json_expect(&past, json_is_object(past.json), "an object"))
    return false;
  const struct table_spec *spec = reader->table->spec;
  for (size_t i = 0; i < spec->column_count; i++) {
    struct json_node ring = json_member(&past, spec->columns[i].id);
    bool kept = ring.json && (spec->columns[i].flags & COLUMN_HISTORY);
    if (kept && !read_ring(&ring, reader, key, i))
      return false;
  }
  return true;
}

static bool read_cells(const struct json_node *node, struct reader *reader, struct row *row) {
  struct json_node cells = json_member(node, "cells");
  if (!json_expect(&cells, !cells.json || json_is_object(cells.json), "an object"))
    return false;
  const struct table_spec *spec = reader->table->spec;
  for (size_t i = 0; cells.json && i < spec->column_count; i++) {
    struct json_node cell = json_member(&cells, spec->columns[i].id);
    if (!read_cell(&cell, reader->sample, &row->cells[i]))
      return false;
  }
  return true;
}

static bool read_at_least(const struct json_node *node, const struct reader *reader,
                          struct row *row) {
  struct json_node array = json_member(node, "at_least");
  if (!array.json)
    return true;
  if (!json_expect(&array, json_is_array(array.json), "an array"))
    return false;
  for (size_t i = 0; i < json_array_size(array.json); i++) {
    struct json_node element = json_element(&array, i);
    if (!json_expect(&element, json_is_string(element.json), "a column's id"))
      return false;
    int column = table_column(reader->table->spec, json_string_value(element.json));
    if (column >= 0)
      row->cells[column] = value_at_least(row->cells[column]);
  }
  return true;
}

static bool read_from(const struct json_node *node, const struct reader *reader, struct row *row) {
  const struct table_spec *spec = reader->table->spec;
  struct json_node cells = json_member(node, "from_s");
  if (!cells.json)
    return true;
  if (!json_expect(&cells, json_is_object(cells.json), "an object"))
    return false;
  for (size_t i = 0; i < spec->column_count; i++) {
    int64_t from_s;
    if (!json_read_int_or(&cells, spec->columns[i].id, 0, 0, UINT16_MAX, &from_s))
      return false;
    if (row->cells[i].type == VALUE_REAL || row->cells[i].type == VALUE_INT)
      row->cells[i].from_s = (uint16_t)from_s;
  }
  return true;
}

static bool read_parent(const struct json_node *node, const struct reader *reader,
                        const char **parent) {
  if (!json_read_text_or(node, "parent", NULL, parent))
    return false;
  struct json_node member = json_member(node, "parent");
  return !*parent || map_find(&reader->keys, *parent) ||
         json_node_fail(&member, "no row with that key before it");
}

/* *full: the sample has no more room. */
static bool read_row(const struct json_node *node, struct reader *reader, bool *full) {
  const char *key, *parent, *severity, *reason;
  int64_t lasted_ms;
  struct sample *sample = reader->sample;
  if (!json_expect(node, json_is_object(node->json), "an object") ||
      !json_read_text(node, "key", &key) || !read_parent(node, reader, &parent) ||
      !json_read_text_or(node, "severity", "ok", &severity) ||
      !json_read_text_or(node, "reason", NULL, &reason) ||
      !json_read_int_or(node, "lasted_ms", 0, 0, JSON_TIME_MAX, &lasted_ms))
    return false;
  struct row *row = sample_row(sample, reader->table, key, parent);
  *full = !row;
  if (!row)
    return true;
  row->severity = severity_parse(severity);
  if (row->severity != SEVERITY_OK && !reason)
    reason = "no reason given";
  row->reason = keep(&sample->arena, reason);
  row->lasted_ms = lasted_ms;
  if (!read_cells(node, reader, row) || !read_at_least(node, reader, row) ||
      !read_from(node, reader, row))
    return false;
  if (sample->arena.exhausted) { /* an incomplete row is dropped */
    reader->table->row_count--;
    reader->table->truncated = true;
    *full = true;
    return true;
  }
  map_add(&reader->keys, row->key, 0);
  return read_past(node, reader, row->key);
}

static bool read_rows(const struct json_node *node, struct reader *reader) {
  struct json_node array;
  size_t count;
  bool full = false;
  if (!json_read_bool_or(node, "truncated", false, &reader->table->truncated) ||
      !json_read_array(node, "rows", &array, &count))
    return false;
  for (size_t i = 0; i < count && !full; i++) {
    struct json_node element = json_element(&array, i);
    if (!read_row(&element, reader, &full))
      return false;
  }
  return true;
}

/* As in model_publish. */
static void history_begin(struct target_state *state, size_t table_index) {
  const struct table *table = &state->sample->tables[table_index];
  for (size_t c = 0; c < table->spec->column_count; c++) {
    if (!(table->spec->columns[c].flags & COLUMN_HISTORY))
      continue;
    for (size_t r = 0; r < table->row_count; r++) {
      double number;
      bool known =
          value_number(table->rows[r].cells[c], &number) && fabs(number) <= (double)FLT_MAX;
      history_add(state->history, table_index, table->rows[r].key, c, known ? (float)number : NAN);
    }
  }
}

static const struct table_spec *const *read_specs(const struct json_node *array, size_t count,
                                                  struct arena *arena) {
  const struct table_spec **specs = arena_alloc(arena, count * sizeof *specs);
  struct table_spec *items = arena_alloc(arena, count * sizeof *items);
  if (!specs || !items) {
    json_node_fail(array, "too many to keep");
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(array, i);
    specs[i] = &items[i];
    if (!read_spec(&element, arena, &items[i]))
      return NULL;
    for (size_t j = 0; j < i; j++) {
      if (strcmp(items[i].id, items[j].id) == 0) {
        json_node_fail(&element, "a duplicate table id");
        return NULL;
      }
    }
  }
  return specs;
}

bool json_read_sample(const struct json_node *target, struct arena *arena, bool past,
                      struct target_state *state) {
  struct json_node array;
  size_t count;
  if (!json_read_array(target, "tables", &array, &count) ||
      !json_expect(&array, count <= REPORT_JSON_TABLES_MAX, "at most 64 tables"))
    return false;
  const struct table_spec *const *specs = read_specs(&array, count, arena);
  if (!specs)
    return false;
  state->sample = sample_new(specs, count);
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    struct reader reader = {.sample = state->sample,
                            .table = &state->sample->tables[i],
                            .table_index = i,
                            .history = state->history,
                            .past = past};
    bool good = read_rows(&element, &reader);
    map_fini(&reader.keys);
    if (!good)
      return false;
    if (!past)
      history_begin(state, i);
  }
  return true;
}
