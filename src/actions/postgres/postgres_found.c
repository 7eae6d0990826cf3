#include "actions/postgres/postgres_found.h"

#include "actions/postgres/postgres_utf8.h"

#include "core/format.h"
#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- values */

struct value postgres_text(struct sample *sample, const char *cell, const char *reason) {
  return cell ? value_text(sample_copy(sample, cell)) : value_none(reason);
}

struct value postgres_int(const char *cell, const char *reason) {
  char *end = NULL;
  long long number = cell ? strtoll(cell, &end, 10) : 0;
  return cell && end != cell ? value_int(number) : value_none(reason);
}

void postgres_row_unnamed(const struct table *table, struct row *row) {
  row->cells[table_column(table->spec, "oid")] = value_none(postgres_no_name);
  row->cells[table_column(table->spec, "problem")] = value_text(postgres_no_name);
}

bool postgres_is_true(const char *cell) {
  return cell && *cell == 't';
}

static struct value cell_of(struct sample *sample, const char *cell, enum unit unit) {
  if (unit == UNIT_NONE)
    return postgres_text(sample, cell, NULL);
  if (unit == UNIT_SECONDS || unit == UNIT_RATIO)
    return cell ? value_real(strtod(cell, NULL)) : value_none(NULL);
  return postgres_int(cell, NULL);
}

struct row *postgres_row(struct sample *sample, struct table *table, const char *key,
                         const char *parent, const struct pg_rows *rows, size_t at) {
  struct row *row = sample_row(sample, table, key, parent);
  for (size_t c = 0; row && c < rows->columns && c < table->spec->column_count; c++)
    row->cells[c] = cell_of(sample, pg_cell(rows, at, c), table->spec->columns[c].unit);
  return row;
}

struct value postgres_found(const struct table *table, const struct row *row, const char *column) {
  int index = table_column(table->spec, column);
  assert(index >= 0);
  return index >= 0 ? row->cells[index] : value_none(NULL);
}

const char *postgres_found_text(const struct table *table, const struct row *row,
                                const char *column) {
  struct value value = postgres_found(table, row, column);
  return value.type == VALUE_TEXT ? value.text : "";
}

int64_t postgres_found_int(const struct table *table, const struct row *row, const char *column) {
  struct value value = postgres_found(table, row, column);
  return value.type == VALUE_INT ? value.integer : 0;
}

const struct row *postgres_found_row(const struct action_request *request) {
  const struct sample *found = request->found;
  return found && found->table_count > 0 && found->tables[0].row_count == 1
             ? &found->tables[0].rows[0]
             : NULL;
}

/* ---- picks */

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool holds(const char *const *sorted, size_t count, const char *key) {
  return count > 0 && bsearch(&key, sorted, count, sizeof *sorted, by_text);
}

static const char **sorted_copy(const char *const *keys, size_t count) {
  const char **sorted = mem_new((count + 1) * sizeof *sorted);
  for (size_t i = 0; i < count; i++)
    sorted[i] = keys[i];
  qsort(sorted, count, sizeof *sorted, by_text);
  return sorted;
}

/* A key that is not there; NULL: all are. */
static const char *missing_key(const struct table *table, const struct action_request *request) {
  const char **keys = mem_new((table->row_count + 1) * sizeof *keys);
  const char *missing = NULL;
  for (size_t i = 0; i < table->row_count; i++)
    keys[i] = table->rows[i].key;
  qsort(keys, table->row_count, sizeof *keys, by_text);
  for (size_t i = 0; i < request->chosen_count && !missing; i++)
    if (!holds(keys, table->row_count, request->chosen[i]))
      missing = request->chosen[i];
  free(keys);
  return missing;
}

/* Parents stand before their children: what is picked goes down to them in one pass. */
static size_t mark_picked(const struct table *table, const char *const *chosen, size_t count,
                          char *marks) {
  enum { PICKED = 1, PARENT = 2 };
  size_t marked = 0;
  const struct row *parent = NULL; /* mostly that of the row before */
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    if (!row->parent)
      parent = NULL;
    else if (!parent || strcmp(parent->key, row->parent) != 0)
      parent = table_find(table, row->parent);
    if (parent)
      marks[parent - table->rows] |= PARENT;
    if (holds(chosen, count, row->key) || (parent && marks[parent - table->rows] & PICKED))
      marks[i] |= PICKED;
  }
  for (size_t i = 0; i < table->row_count; i++) {
    marks[i] = marks[i] == PICKED;
    marked += (size_t)marks[i];
  }
  return marked;
}

static bool is_named(const struct table *table, const struct row *row) {
  struct value oid = postgres_found(table, row, "oid");
  return oid.type != VALUE_NONE || oid.text != postgres_no_name;
}

/* Of `count` rows, how many remain. */
static size_t leave_out(const struct table *table, const struct row **rows, size_t count,
                        struct plan *plan, struct err *err) {
  const struct row *out = NULL;
  size_t named = 0;
  for (size_t i = 0; i < count; i++) {
    if (is_named(table, rows[i]))
      rows[named++] = rows[i];
    else
      out = out ? out : rows[i];
  }
  if (named == 0)
    err_set(err, ERR_INVALID, "%.150s cannot be acted on: %s", out->key, postgres_no_name);
  else if (named < count)
    plan_say(plan, PLAN_WARNING, "%zu of %zu %s omitted: %s cannot be acted on, %s", count - named,
             count, count - named == 1 ? "is" : "are", out->key, postgres_no_name);
  return named;
}

const struct row **postgres_picked(const struct action_request *request, struct plan *plan,
                                   size_t *count, struct err *err) {
  const struct table *table =
      request->found && request->found->table_count > 0 ? &request->found->tables[0] : NULL;
  *count = 0;
  if (!table || request->chosen_count == 0) {
    err_set(err, ERR_INVALID, "nothing is picked");
    return NULL;
  }
  const char *missing = missing_key(table, request);
  if (missing) {
    err_set(err, ERR_INVALID, "%.150s cannot be selected: not in the list", missing);
    return NULL;
  }
  const char **chosen = sorted_copy(request->chosen, request->chosen_count);
  char *marks = mem_new(table->row_count + 1);
  const struct row **rows = mem_new((table->row_count + 1) * sizeof *rows);
  if (mark_picked(table, chosen, request->chosen_count, marks) > 0)
    for (size_t i = 0; i < table->row_count; i++)
      if (marks[i])
        rows[(*count)++] = &table->rows[i];
  free(chosen);
  free(marks);
  if (*count == 0)
    err_set(err, ERR_INVALID, "nothing is picked");
  else
    *count = leave_out(table, rows, *count, plan, err);
  if (*count > 0)
    return rows;
  free(rows);
  return NULL;
}

/* ---- words */

const char *postgres_counted(struct plan *plan, int64_t count, const char *one, const char *many) {
  char text[2 * FORMAT_MAX];
  return plan_copy(plan, format_counted(text, sizeof text, count, one, many));
}

const char *postgres_bytes(struct plan *plan, int64_t bytes) {
  char text[FORMAT_MAX];
  return plan_copy(plan, format_bytes(text, sizeof text, (double)bytes));
}

const char *postgres_shown(struct plan *plan, struct value value, enum unit unit) {
  char text[FORMAT_MAX];
  return plan_copy(plan, format_value(text, sizeof text, value, unit, false));
}

const char *postgres_since(struct plan *plan, struct value when, int64_t now_ms) {
  char time[FORMAT_MAX];
  if (when.type != VALUE_INT)
    return "never";
  double seconds = (double)(now_ms - when.integer) / 1e3;
  return plan_printf(plan, "%s ago", format_duration(time, sizeof time, seconds > 0 ? seconds : 0));
}
