#include "actions/postgres/postgres_found.h"

#include "actions/postgres/postgres_utf8.h"

#include <stdlib.h>

/* Columns of a table of names. */
static const char column_oid[] = "oid", column_problem[] = "problem";

/* ---- for surveys */

struct value postgres_text(struct sample *sample, const char *cell, const char *reason) {
  return cell ? value_text(sample_copy(sample, cell)) : value_none(reason);
}

struct value postgres_int(const char *cell, const char *reason) {
  char *end = NULL;
  long long number = cell ? strtoll(cell, &end, 10) : 0;
  return cell && end != cell ? value_int(number) : value_none(reason);
}

static struct value cell_of(struct sample *sample, const char *cell,
                            const struct column_spec *column) {
  if (column->unit == UNIT_NONE)
    return postgres_text(sample, cell, column->none);
  if (column->unit == UNIT_SECONDS || column->unit == UNIT_RATIO)
    return cell ? value_real(strtod(cell, NULL)) : value_none(column->none);
  return postgres_int(cell, column->none);
}

struct row *postgres_row(struct sample *sample, struct table *table, const char *key,
                         const char *parent, const struct pg_rows *rows, size_t at) {
  struct row *row = sample_row(sample, table, key, parent);
  for (size_t c = 0; row && c < rows->columns && c < table->spec->column_count; c++)
    row->cells[c] = cell_of(sample, pg_cell(rows, at, c), &table->spec->columns[c]);
  return row;
}

struct row *postgres_row_named(struct postgres_conn *conn, const char *parent,
                               const struct pg_rows *rows, size_t at, size_t also) {
  struct sample *sample = postgres_step(conn)->found;
  struct table *table = &sample->tables[0];
  const int oid = table_column(table->spec, column_oid);
  const char *key = postgres_key(conn, rows, at, 0, (size_t)oid);
  struct row *row = postgres_row(sample, table, key, parent, rows, at);
  if (!row)
    return NULL;
  row->cells[0] = value_text(row->key);
  if (postgres_is_broken(conn, at, 0) || postgres_is_broken(conn, at, also)) {
    row->cells[oid] = value_none(postgres_no_name);
    row->cells[table_column(table->spec, column_problem)] = value_text(postgres_no_name);
  }
  return row;
}

struct row *postgres_row_only(struct step *step, const struct pg_rows *rows) {
  struct sample *sample = step->found;
  struct row *row = postgres_row(sample, &sample->tables[0], pg_cell(rows, 0, 0), NULL, rows, 0);
  if (!row)
    step_fail(step, ERR_LIMIT, "the answer is too large");
  return row;
}

bool postgres_resolved(struct step *step, const struct pg_rows *rows, const char *typed) {
  if (rows->rows == 1)
    return true;
  if (rows->rows == 0)
    return step_fail(step, ERR_INVALID, "the database has no table \"%.150s\"", typed);
  return step_fail(step, ERR_INVALID, "\"%.60s\" is ambiguous: %.60s or %.60s; use the full name",
                   typed, pg_cell(rows, 0, 0), pg_cell(rows, 1, 0));
}

void postgres_found_cut(struct sample *sample, const struct pg_rows *rows, size_t max) {
  struct table *table = &sample->tables[0];
  table->truncated = table->truncated || rows->rows > max;
  if (table->truncated)
    sample_note(sample, table->spec->id, NULL, "more than %zu %s; only these are shown", max,
                table->spec->id);
}

/* ---- for plans */

struct value postgres_found(const struct table *table, const struct row *row, const char *column) {
  const int index = table_column(table->spec, column);
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

const char *postgres_only_text(const struct action_request *request, const char *column) {
  const struct table *table = &request->found->tables[0];
  struct value value = postgres_found(table, &table->rows[0], column);
  return value.type == VALUE_TEXT ? value.text : NULL;
}
