/* Answers as rows of a page's table, by the names of their columns. Pure. */
#include "clients/postgres/pg_text.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/map.h"

#include <errno.h>
#include <math.h>
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

/* A counter's growth in a second. */
static struct value rate_of(const struct postgres_page_call *call, const struct table_spec *spec,
                            const struct column_spec *column, const char *key, const char *cell) {
  double counter;
  const struct value value = cell ? number_of(cell) : value_none(column->none);
  if (!value_number(value, &counter))
    return value;
  return row_past_rate(call->past, spec->id, column->id, key, counter, call->now_us);
}

static void row_fill(const struct postgres_page_call *call, const struct table_spec *spec,
                     struct row *row, const int *places, const struct pg_rows *rows, size_t index) {
  for (size_t i = 0; i < rows->columns; i++) {
    if (places[i] < 0)
      continue;
    const struct column_spec *column = &spec->columns[places[i]];
    const char *cell = pg_cell(rows, index, i);
    row->cells[places[i]] = column->as == FIGURE_RATE ? rate_of(call, spec, column, row->key, cell)
                                                      : cell_of(call, column, cell);
  }
}

enum { COLUMNS_MAX_NAMED = 128 };

bool postgres_page_rows(struct postgres_page_call *call, const char *id, const struct pg_rows *rows,
                        struct err *err) {
  struct table *table = sample_table(call->sample, id);
  int places[COLUMNS_MAX_NAMED], key = 0, parent = -1;
  if (!table || !rows->names || rows->columns == 0 || rows->columns > COLUMNS_MAX_NAMED)
    return err_set(err, ERR_PROTOCOL, "unexpected answer: %zu columns", rows->columns);
  for (size_t i = 0; i < rows->columns; i++) {
    places[i] = table_column(table->spec, rows->names[i]);
    if (strcmp(rows->names[i], "key") == 0)
      key = (int)i;
    else if (strcmp(rows->names[i], "parent") == 0)
      parent = (int)i;
  }
  struct map keys = {0};
  for (size_t i = 0; i < table->row_count; i++)
    map_add(&keys, table->rows[i].key, i);
  for (size_t r = 0; r < rows->rows; r++) {
    const char *name = pg_cell(rows, r, (size_t)key);
    const char *above = parent >= 0 ? pg_cell(rows, r, (size_t)parent) : NULL;
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
    row_fill(call, table->spec, row, places, rows, r);
  }
  map_fini(&keys);
  return true;
}
