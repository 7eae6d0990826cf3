/* The choice: what a survey has found, to be picked from. Nothing is picked at first. */
#include "ui/dialog.h"
#include "ui/rows.h"
#include "ui/text_field.h"

#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGN_CELLS = 4, CELL_MOST = 40 };

static bool always_open(const void *context, const struct row *row, int depth, size_t children) {
  (void)context;
  (void)row;
  (void)depth;
  (void)children;
  return true;
}

static const struct table *candidates(const struct dialog_page *page) {
  const struct sample *found = page->operation->found;
  return found && found->table_count > 0 ? &found->tables[0] : NULL;
}

static size_t order(const struct dialog_page *page, struct ordered_row **rows) {
  const struct table *table = candidates(page);
  *rows = NULL;
  if (!table)
    return 0;
  return rows_order(table,
                    &(struct rows_query){.sort_column = -1,
                                         .filter = page->dialog->fields[0],
                                         .open = {.is_open = always_open}},
                    rows);
}

static void choice_title(const struct dialog_page *page, char *out, size_t size) {
  const struct operation *operation = page->operation;
  const char *target = page->frame->model->slots[operation->slot].target->name;
  snprintf(out, size, "%s: %s: pick %s", target, operation->action->title,
           operation->action->choice == CHOICE_ONE ? "one" : "what it is for");
}

/* ---- the table as lines */

struct widths {
  int label;
  int columns[32];
  size_t count;
};

static const char *cell_text(const struct dialog_page *page, const struct table *table,
                             const struct row *row, size_t column, char buffer[FORMAT_MAX]) {
  if (value_is_absent(row->cells[column]))
    return "";
  return frame_value(page->frame, buffer, row->cells[column], &table->spec->columns[column]);
}

static int clipped_width(const char *text) {
  int width = text_width(text);
  return width > CELL_MOST ? CELL_MOST : width;
}

static bool is_shown(const struct table *table, size_t column) {
  return !(table->spec->columns[column].flags & COLUMN_DETAIL);
}

static void measure(const struct dialog_page *page, const struct table *table,
                    const struct ordered_row *rows, size_t count, struct widths *widths) {
  char buffer[FORMAT_MAX];
  size_t columns = table->spec->column_count;
  widths->count = columns < 32 ? columns : 32;
  for (size_t c = 1; c < widths->count; c++)
    widths->columns[c] = is_shown(table, c) ? text_width(table->spec->columns[c].title) : 0;
  for (size_t i = 0; i < count; i++) {
    int label = 2 * rows[i].depth + clipped_width(cell_text(page, table, rows[i].row, 0, buffer));
    widths->label = label > widths->label ? label : widths->label;
    for (size_t c = 1; c < widths->count; c++) {
      int width = clipped_width(cell_text(page, table, rows[i].row, c, buffer));
      if (is_shown(table, c) && width > widths->columns[c])
        widths->columns[c] = width;
    }
  }
}

static void pad(char *line, size_t size, int width, bool right, const char *text) {
  size_t used = strlen(line), bytes = text_fit(text, CELL_MOST, NULL);
  int blanks = width - clipped_width(text);
  blanks = blanks > 0 ? blanks : 0;
  snprintf(line + used, size - used, "%*s%.*s%*s  ", right ? blanks : 0, "", (int)bytes, text,
           right ? 0 : blanks, "");
}

static const char *row_line(struct dialog_page *page, const struct table *table,
                            const struct ordered_row *row, const struct widths *widths) {
  char line[1024] = "", buffer[FORMAT_MAX], clean[256];
  snprintf(line, sizeof line, "%*s", 2 * row->depth, "");
  for (size_t c = 0; c < widths->count; c++) {
    if (c > 0 && !is_shown(table, c))
      continue;
    const char *text = cell_text(page, table, row->row, c, buffer);
    bool right = c > 0 && row->row->cells[c].type != VALUE_TEXT;
    text_sanitize(clean, sizeof clean, text, strnlen(text, sizeof clean), false);
    pad(line, sizeof line, c == 0 ? widths->label - 2 * row->depth : widths->columns[c], right,
        clean);
  }
  return arena_printf(page->frame->arena, "%s", line);
}

static const char *heading_line(struct dialog_page *page, const struct table *table,
                                const struct widths *widths) {
  char line[1024] = "";
  pad(line, sizeof line, widths->label, false, table->spec->columns[0].title);
  for (size_t c = 1; c < widths->count; c++)
    if (is_shown(table, c))
      pad(line, sizeof line, widths->columns[c], table->spec->columns[c].unit != UNIT_NONE,
          table->spec->columns[c].title);
  return arena_printf(page->frame->arena, "%s", line);
}

static bool has_children(const struct table *table, const char *key) {
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].parent && strcmp(table->rows[i].parent, key) == 0)
      return true;
  return false;
}

/* Whether the row lies below the other. */
static bool is_below(const struct table *table, const struct row *row, const char *key) {
  while (row && row->parent) {
    if (strcmp(row->parent, key) == 0)
      return true;
    row = table_find(table, row->parent);
  }
  return false;
}

/* " ", "x", or "-" for a parent of which a part is picked. */
static char sign_of(const struct dialog_page *page, const struct table *table,
                    const struct row *row) {
  size_t below = 0, picked = 0;
  if (!has_children(table, row->key))
    return dialog_checked(page->dialog, row->key) ? 'x' : ' ';
  for (size_t i = 0; i < table->row_count; i++) {
    if (has_children(table, table->rows[i].key) || !is_below(table, &table->rows[i], row->key))
      continue;
    below++;
    picked += dialog_checked(page->dialog, table->rows[i].key);
  }
  return picked == 0 ? ' ' : picked == below ? 'x' : '-';
}

static void put_line(struct dialog_page *page, unsigned style, const char *left, const char *text) {
  size_t bytes = text_fit(text, page->width - SIGN_CELLS, NULL);
  page_text(page, style, SIGN_CELLS, left, arena_text(page->frame->arena, text, bytes));
}

static void choice_build(struct dialog_page *page) {
  const struct table *table = candidates(page);
  struct ordered_row *rows;
  struct widths widths = {0};
  size_t count = order(page, &rows);
  if (page->dialog->selected >= count && count > 0)
    page->dialog->selected = count - 1;
  if (table)
    measure(page, table, rows, count, &widths);
  if (count == 0)
    page_text(page, STYLE_TEXT, 0, NULL,
              *page->dialog->fields[0] ? "Nothing matches the filter."
                                       : "There is nothing to pick.");
  else
    put_line(page, STYLE_LABEL, NULL, heading_line(page, table, &widths));
  for (size_t i = 0; i < count; i++) {
    size_t from = page->count;
    char sign = sign_of(page, table, rows[i].row);
    put_line(page,
             rows[i].row->severity == SEVERITY_OK ? (unsigned)STYLE_TEXT : (unsigned)STYLE_WARN,
             arena_printf(page->frame->arena,
                          page->operation->action->choice == CHOICE_ONE ? "(%c)" : "[%c]", sign),
             row_line(page, table, &rows[i], &widths));
    if (i == page->dialog->selected)
      page_select(page, from);
  }
  free(rows);
}

static void choice_foot(struct dialog_page *page) {
  const struct dialog *dialog = page->dialog;
  const struct table *table = candidates(page);
  if (dialog->typing || *dialog->fields[0])
    page_printf(page, STYLE_NOTICE, 0, "/%s%s", dialog->fields[0], dialog->typing ? "_" : "");
  page_printf(page, STYLE_TEXT | STYLE_STRONG, 0, "%zu picked", dialog->checked_count);
  if (table && table->truncated)
    page_text(page, STYLE_WARN, 0, NULL, "There are more than can be shown.");
}

/* ---- picking */

static void pick_one(struct dialog *dialog, const char *key) {
  bool was = dialog_checked(dialog, key);
  while (dialog->checked_count > 0)
    dialog_check(dialog, dialog->checked[0], false);
  dialog_check(dialog, key, !was);
}

static void pick(struct dialog_page *page) {
  const struct table *table = candidates(page);
  struct ordered_row *rows;
  size_t count = order(page, &rows);
  if (page->dialog->selected < count) {
    const struct row *row = rows[page->dialog->selected].row;
    bool one = page->operation->action->choice == CHOICE_ONE;
    bool check = sign_of(page, table, row) != 'x';
    if (one && !has_children(table, row->key))
      pick_one(page->dialog, row->key);
    else if (!one && !has_children(table, row->key))
      dialog_check(page->dialog, row->key, check);
    /* of a parent: what the filter shows of what is below */
    for (size_t i = 0; !one && i < count; i++)
      if (is_below(table, rows[i].row, row->key) && !has_children(table, rows[i].row->key))
        dialog_check(page->dialog, rows[i].row->key, check);
  }
  free(rows);
}

static void choice_move(struct dialog_page *page, int by) {
  struct ordered_row *rows;
  size_t count = order(page, &rows), at = page->dialog->selected;
  free(rows);
  page->used = page->dialog->follow = true;
  if (by < 0)
    at = at > (size_t)-by ? at - (size_t)-by : 0;
  else
    at = at + (size_t)by < count ? at + (size_t)by : count > 0 ? count - 1 : 0;
  page->dialog->selected = at;
}

static bool filter_typed(struct dialog_page *page, struct key key) {
  struct dialog *dialog = page->dialog;
  if (!dialog->typing)
    return false;
  if (text_field_key(dialog->fields[0], DIALOG_TEXT_MAX, key, true)) {
    dialog->selected = 0;
    return true;
  }
  if (key.code == KEY_CODE_ESC)
    *dialog->fields[0] = '\0';
  if (key.code == KEY_CODE_ESC || key.code == KEY_CODE_ENTER) {
    dialog->typing = false;
    return true;
  }
  return false;
}

static struct request choose(struct dialog_page *page) {
  struct dialog *dialog = page->dialog;
  if (dialog->checked_count == 0) {
    dialog_say(dialog, "Nothing is picked: Space picks");
    return (struct request){.kind = REQUEST_NONE};
  }
  return (struct request){.kind = REQUEST_CHOOSE,
                          .texts = (const char *const *)dialog->checked,
                          .text_count = dialog->checked_count};
}

static struct request choice_rune(struct dialog_page *page, uint32_t rune) {
  if (rune == ' ') {
    pick(page);
    choice_move(page, 1);
  } else if (rune == 'j' || rune == 'k') {
    choice_move(page, rune == 'j' ? 1 : -1);
  } else if (rune == '/') {
    page->dialog->typing = true;
  }
  return (struct request){.kind = REQUEST_NONE};
}

static struct request choice_key(struct dialog_page *page, struct key key) {
  const struct request nothing = {.kind = REQUEST_NONE};
  int height = page->dialog->height > 2 ? page->dialog->height - 1 : 1;
  if (filter_typed(page, key)) {
    page->used = true;
    return nothing;
  }
  switch (key.code) {
  case KEY_CODE_ESC:
    return (struct request){.kind = REQUEST_DISMISS};
  case KEY_CODE_ENTER:
    return choose(page);
  case KEY_CODE_UP:
  case KEY_CODE_DOWN:
    choice_move(page, key.code == KEY_CODE_UP ? -1 : 1);
    return nothing;
  case KEY_CODE_PAGE_UP:
  case KEY_CODE_PAGE_DOWN:
    choice_move(page, key.code == KEY_CODE_PAGE_UP ? -height : height);
    return nothing;
  case KEY_CODE_RUNE:
    return choice_rune(page, key.rune);
  default:
    return nothing;
  }
}

const struct dialog_class dialog_choice = {
    .keys = "Space picks, a parent all below it   / filter   Enter: make a plan (nothing is done "
            "yet)   Esc gives up",
    .title = choice_title,
    .build = choice_build,
    .foot = choice_foot,
    .key = choice_key,
};
