#include "app/modes/show_row.h"

#include "core/text/format.h"
#include "core/text/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *show_label(const struct table *table, const struct row *row, char out[SHOW_LABEL_MAX]) {
  const struct value label = row->cells[0];
  if (label.type == VALUE_TEXT)
    return label.text;
  return format_value(out, SHOW_LABEL_MAX, label, table->spec->columns[0].unit, false);
}

static const struct row *row_find(const struct table *table, const char *name, bool last_word) {
  char buffer[SHOW_LABEL_MAX];
  for (size_t i = 0; i < table->row_count; i++) {
    const char *label = show_label(table, &table->rows[i], buffer);
    const char *blank = last_word ? strrchr(label, ' ') : NULL;
    if (strcmp(blank ? blank + 1 : label, name) == 0)
      return &table->rows[i];
  }
  return NULL;
}

/* "pid 8123, pid 8124, ... (41 more)", as many as fit. */
static void rows_list(const struct table *table, char *out, size_t size) {
  char buffer[SHOW_LABEL_MAX];
  *out = '\0';
  for (size_t i = 0; i < table->row_count; i++) {
    const size_t used = strlen(out);
    const char *label = show_label(table, &table->rows[i], buffer);
    if (used + strlen(label) + 24 > size) {
      snprintf(out + used, size - used, " and %zu more", table->row_count - i);
      return;
    }
    snprintf(out + used, size - used, "%s%s", used ? ", " : "", label);
  }
}

const struct row *show_row(const struct table *table, const char *table_id, const char *name,
                           struct err *err) {
  char list[160];
  if (!table) {
    err_set(err, ERR_UNSUPPORTED, "the target has no table \"%s\"", table_id);
    return NULL;
  }
  const struct row *row = name ? table_find(table, name) : NULL;
  for (int pass = 0; name && !row && pass < 2; pass++)
    row = row_find(table, name, pass == 1);
  if (row)
    return row;
  rows_list(table, list, sizeof list);
  if (name)
    err_set(err, ERR_INVALID, "no row of %s is named \"%.48s\"; %s%s", table_id, name,
            *list ? "there are: " : "there are none now", list);
  else
    err_set(err, ERR_INVALID, "name a row of %s; %s%s", table_id,
            *list ? "there are: " : "there are none now", list);
  return NULL;
}

/* The row of the whole target, of which not even the figures are known. */
static const struct row *row_unknown(const struct sample *sample) {
  for (size_t t = 0; t < sample->table_count; t++)
    for (size_t i = 0; i < sample->tables[t].row_count; i++)
      if ((sample->tables[t].spec->flags & TABLE_SUMMARY) &&
          sample->tables[t].rows[i].severity == SEVERITY_UNKNOWN &&
          sample->tables[t].rows[i].reason)
        return &sample->tables[t].rows[i];
  return NULL;
}

bool show_is_incomplete(const struct sample *sample, const char *table_id, const char **why,
                        enum severity *severity) {
  const struct table *table = sample_table_view(sample, table_id);
  const struct row *unknown = row_unknown(sample);
  for (size_t i = 0; i < sample->note_count; i++) {
    const struct note *note = &sample->notes[i];
    if (note->severity == SEVERITY_OK || (note->table && strcmp(note->table, table_id) != 0))
      continue;
    *why = note->text;
    *severity = note->severity;
    return true;
  }
  *severity = SEVERITY_UNKNOWN;
  *why = unknown ? unknown->reason : "there are more rows than are read";
  return unknown || (table && table->truncated);
}

const struct table_spec *show_table(const struct page_spec *spec, const char *id, struct err *err) {
  char list[160] = "";
  for (size_t i = 0; i < spec->table_count; i++) {
    const struct table_spec *table = spec->tables[i];
    if (id ? strcmp(table->id, id) == 0 : !(table->flags & TABLE_SUMMARY))
      return table;
    const size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", table->id);
  }
  if (!id)
    return spec->tables[0];
  err_set(err, ERR_INVALID, "--table: %s has no table \"%.40s\"; there are: %s", spec->id, id,
          list);
  return NULL;
}

bool show_sort(struct page_focus *focus, const struct page_spec *spec,
               const struct table_spec *table, const char *name, struct err *err) {
  struct suggestion suggestion = {0};
  for (size_t i = 0; i < spec->sort_count; i++) {
    if (strcasecmp(spec->sorts[i].name, name) == 0) {
      page_focus_sort(focus, spec->sorts[i].table, spec->sorts[i].column, false);
      return true;
    }
    suggest_consider(&suggestion, name, spec->sorts[i].name);
  }
  for (size_t i = 0; i < table->column_count; i++) {
    if (strcmp(table->columns[i].id, name) == 0 || strcasecmp(table->columns[i].title, name) == 0) {
      page_focus_sort(focus, table->id, table->columns[i].id, false);
      return true;
    }
    suggest_consider(&suggestion, name, table->columns[i].id);
  }
  return err_set(err, ERR_INVALID, "--sort: %s has no column or order \"%.40s\"%s", table->id, name,
                 suggest_text(&suggestion));
}

static int compare(const void *a, const void *b, void *context) {
  const struct row *x = a, *y = b;
  const size_t column = *(const size_t *)context;
  const struct value left = x->cells[column], right = y->cells[column];
  const int none = (left.type == VALUE_NONE) - (right.type == VALUE_NONE);
  if (none != 0)
    return none; /* not known: at the end */
  return value_compare(left, right) * (left.type == VALUE_TEXT ? 1 : -1);
}

void show_arrange(struct table *table, const struct page_focus *focus, int64_t limit) {
  int column =
      strcmp(focus->sort_table, table->spec->id) == 0 ? table_column(table->spec, focus->sort) : -1;
  bool tree = false;
  for (size_t i = 0; i < table->row_count; i++)
    tree = tree || table->rows[i].parent;
  if (column >= 0 && !tree && table->row_count > 1) {
    size_t index = (size_t)column;
    qsort_r(table->rows, table->row_count, sizeof *table->rows, compare, &index);
  }
  if (limit > 0 && (size_t)limit < table->row_count)
    table->row_count = (size_t)limit;
}
