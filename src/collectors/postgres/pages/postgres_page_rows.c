/* Answers as rows of a page's table, by the names of their columns. Pure. */
#include "clients/postgres/pg_text.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/map.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t postgres_page_count(const char *cell) {
  char *end;
  if (!cell)
    return -1;
  const long long number = strtoll(cell, &end, 10); /* saturates */
  return end == cell || *end || number < 0 ? -1 : number;
}

double postgres_page_real(const char *cell) {
  char *end;
  if (!cell)
    return -1;
  const double number = strtod(cell, &end);
  return end == cell || *end || !isfinite(number) || number < 0 ? -1 : number;
}

struct value postgres_page_text(const struct postgres_page_call *call, const char *text) {
  char utf8[SAMPLE_TEXT_MAX];
  if (!text)
    return value_none(NULL);
  const size_t length = pg_utf8(text, strlen(text), call->encoding, utf8, sizeof utf8);
  return value_text(sample_text(call->sample, utf8, length));
}

struct value postgres_page_escaped(const struct postgres_page_call *call, const char *escaped,
                                   const char *encoding) {
  char bytes[SAMPLE_TEXT_MAX], utf8[SAMPLE_TEXT_MAX];
  if (!escaped)
    return value_none(NULL);
  const size_t length = pg_unescape(escaped, bytes, sizeof bytes);
  const size_t used =
      pg_utf8(bytes, length, encoding ? encoding : call->encoding, utf8, sizeof utf8);
  return value_text(sample_text(call->sample, utf8, used));
}

/* A whole number, otherwise a real one: numeric has any number of digits. */
static struct value number_of(const char *cell) {
  char *end;
  errno = 0;
  const long long whole = strtoll(cell, &end, 10);
  if (end != cell && !*end && errno == 0)
    return value_int(whole);
  const double real = strtod(cell, &end);
  return end != cell && !*end ? value_real(real) : value_none("the answer is not a number");
}

static struct value cell_of(const struct postgres_page_call *call, const struct column_spec *column,
                            const char *cell) {
  struct value value;
  double real;
  if (!cell)
    return value_none(column->none);
  switch (column->unit) {
  case UNIT_NONE:
    return column->as == FIGURE_COUNT ? number_of(cell) : postgres_page_text(call, cell);
  case UNIT_TIME:
    value = number_of(cell);
    return value_number(value, &real) ? value_int(llround(real * 1000)) : value;
  case UNIT_RATIO:
    value = number_of(cell);
    return value_number(value, &real) && real < 0 ? value_none("the answer is not a ratio") : value;
  default:
    return number_of(cell);
  }
}

/* Columns of an answer that have another meaning than a cell. */
static const char own_key[] = "key", own_parent[] = "parent", own_escaped[] = "_escaped",
                  own_encoding[] = "encoding";

/* The column of the table that a column of the answer is for; -1: none. */
static int place_of(const struct table_spec *spec, const char *name, bool *escaped) {
  char id[64];
  const size_t length = strlen(name), tail = sizeof own_escaped - 1;
  *escaped = length > tail && strcmp(name + length - tail, own_escaped) == 0;
  if (!*escaped)
    return table_column(spec, name);
  snprintf(id, sizeof id, "%.*s", (int)(length - tail), name);
  return table_column(spec, id);
}

/* A counter's growth in a second. */
static struct value rate_of(const struct postgres_page_call *call, const struct table_spec *spec,
                            const struct column_spec *column, const char *key, const char *cell) {
  double counter;
  const struct value value = cell ? number_of(cell) : value_none(column->none);
  if (!value_number(value, &counter))
    return value;
  return row_past_rate(call->past, spec->id, column->id, key, counter, call->now_us);
}

enum { COLUMNS_MAX_NAMED = 128 };

/* What the columns of an answer are. */
struct places {
  int key, parent, encoding; /* -1: there is none */
  int column[COLUMNS_MAX_NAMED];
  bool escaped[COLUMNS_MAX_NAMED];
};

static void row_fill(const struct postgres_page_call *call, const struct table_spec *spec,
                     struct row *row, const struct places *places, const struct pg_rows *rows,
                     size_t index) {
  const char *encoding =
      places->encoding >= 0 ? pg_cell(rows, index, (size_t)places->encoding) : NULL;
  for (size_t i = 0; i < rows->columns; i++) {
    const int place = places->column[i];
    if (place < 0)
      continue;
    const struct column_spec *column = &spec->columns[place];
    const char *cell = pg_cell(rows, index, i);
    if (places->escaped[i])
      row->cells[place] = postgres_page_escaped(call, cell, encoding);
    else if (column->as == FIGURE_RATE)
      row->cells[place] = rate_of(call, spec, column, row->key, cell);
    else
      row->cells[place] = cell_of(call, column, cell);
  }
}

bool postgres_page_rows(struct postgres_page_call *call, const char *id, const struct pg_rows *rows,
                        struct err *err) {
  struct table *table = sample_table(call->sample, id);
  struct places places = {.parent = -1, .encoding = -1};
  if (!table || !rows->names || rows->columns == 0 || rows->columns > COLUMNS_MAX_NAMED)
    return err_set(err, ERR_PROTOCOL, "unexpected answer: %zu columns", rows->columns);
  for (size_t i = 0; i < rows->columns; i++) {
    places.column[i] = place_of(table->spec, rows->names[i], &places.escaped[i]);
    if (strcmp(rows->names[i], own_key) == 0)
      places.key = (int)i;
    else if (strcmp(rows->names[i], own_parent) == 0)
      places.parent = (int)i;
    else if (strcmp(rows->names[i], own_encoding) == 0)
      places.encoding = (int)i;
  }
  struct map keys = {0};
  for (size_t i = 0; i < table->row_count; i++)
    map_add(&keys, table->rows[i].key, i);
  for (size_t r = 0; r < rows->rows; r++) {
    const char *name = pg_cell(rows, r, (size_t)places.key);
    const char *above = places.parent >= 0 ? pg_cell(rows, r, (size_t)places.parent) : NULL;
    if (map_find(&keys, name ? name : "")) {
      sample_fault(call->sample, id, SEVERITY_UNKNOWN, "two rows are called \"%.40s\"",
                   name ? name : "");
      continue;
    }
    struct row *row = sample_row(call->sample, table, name ? name : "",
                                 above && map_find(&keys, above) ? above : NULL);
    if (!row)
      break; /* the table says that it is truncated */
    map_add(&keys, row->key, r);
    row_fill(call, table->spec, row, &places, rows, r);
  }
  map_fini(&keys);
  return true;
}
