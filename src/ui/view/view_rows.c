#include "ui/view/view_rows.h"

#include "ui/view/screens/view_findings.h"
#include "ui/view/view_pages.h"

#include <stdio.h>

static const struct request nothing = {.kind = REQUEST_NONE};

struct request run_filter(struct keys *keys, int argument) {
  (void)argument;
  keys->view->typing = keys->pane != NULL;
  return nothing;
}

struct request run_match(struct keys *keys, int direction) {
  struct pane *pane = keys->pane;
  if (!pane || !*pane->filter)
    return run_next_finding(keys, direction);
  /* A tree also shows the parents of matching rows. */
  for (size_t at = pane->selection.index + (size_t)direction; at < pane->lines.count;
       at += (size_t)direction) {
    const struct line *line = &pane->lines.items[at];
    if (line->selectable && (line->kind != LINE_ROW || line->row.match)) {
      pane_select(pane, at, true);
      break;
    }
  }
  return nothing;
}

static void toggle(struct pane *pane, const struct line *line, bool open) {
  pane_select(pane, (size_t)(line - pane->lines.items), true);
  pane_row_toggle(pane, line->target_index, line->table_id, line->key, open);
}

struct request run_open(struct keys *keys, int argument) {
  (void)argument;
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  if (is_tree_row(line) && !line->row.open)
    toggle(keys->pane, line, true);
  return nothing;
}

/* Closes the row, or goes to its parent. */
struct request run_close(struct keys *keys, int argument) {
  (void)argument;
  struct pane *pane = keys->pane;
  const struct line *line = pane ? pane_selected(pane) : NULL;
  if (!line || line->kind != LINE_ROW)
    return nothing;
  if (is_tree_row(line) && line->row.open) {
    toggle(pane, line, false);
    return nothing;
  }
  for (size_t at = pane->selection.index; at-- > 0;) {
    const struct line *other = &pane->lines.items[at];
    if (other->kind != LINE_ROW || other->table != line->table)
      break;
    if (other->row.depth < line->row.depth) {
      pane_select(pane, at, true);
      break;
    }
  }
  return nothing;
}

/* The table to sort: the selected row's, otherwise the first. */
static struct pane_table *table_to_sort(struct pane *pane, const struct line **line) {
  *line = pane ? pane_selected(pane) : NULL;
  for (size_t i = 0; pane && i < pane->lines.count && (!*line || (*line)->kind != LINE_ROW); i++)
    *line = &pane->lines.items[i];
  return *line && (*line)->kind == LINE_ROW ? pane_table(pane, (*line)->table_id) : NULL;
}

static void say_sort(struct view *view, const struct pane_table *table,
                     const struct table_spec *spec) {
  if (table->sort_column < 0 || (size_t)table->sort_column >= spec->column_count)
    snprintf(view->notice, sizeof view->notice, "Sorted by severity, worst first");
  else
    snprintf(view->notice, sizeof view->notice, "Sorted by %s%s",
             spec->columns[table->sort_column].title, table->inverted ? ", reversed" : "");
}

/* The visible columns, and before the first the collector's own order. */
struct request run_sort(struct keys *keys, int step) {
  const struct line *line;
  struct pane_table *table = table_to_sort(keys->pane, &line);
  if (!table)
    return nothing;
  int at = -1, count = (int)table->columns.count;
  for (int i = 0; i < count; i++)
    if ((int)table->columns.places[i].column == table->sort_column)
      at = i;
  at += step;
  at = at < -1 ? count - 1 : at >= count ? -1 : at;
  table->sort_column = at < 0 ? -1 : (int)table->columns.places[at].column;
  table->inverted = false;
  say_sort(keys->view, table, line->table->spec);
  return keys->view->opened_count > 0 ? view_page_sorted(line, table) : nothing;
}

struct request run_invert(struct keys *keys, int argument) {
  (void)argument;
  const struct line *line;
  struct pane_table *table = table_to_sort(keys->pane, &line);
  if (!table)
    return nothing;
  if (table->sort_column >= 0)
    table->inverted = !table->inverted;
  say_sort(keys->view, table, line->table->spec);
  return keys->view->opened_count > 0 ? view_page_sorted(line, table) : nothing;
}
