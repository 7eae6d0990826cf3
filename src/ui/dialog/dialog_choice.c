/* The choice: the survey's candidates, to pick from. Nothing is picked at first.
 *
 * The candidates do not change while the dialog is open: rows are known by their index. Only rows
 * without children are picked; a parent stands for its children that the filter shows. */
#include "ui/dialog/dialog.h"

#include "core/mem.h"
#include "ui/draw/text_field.h"
#include "ui/table/rows.h"
#include "ui/table/table_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGN_CELLS = 4, MEASURED_MAX = 2000, NOTES_SHOWN = 6 };

struct choice {
  size_t count;     /* rows of the table */
  size_t *parents;  /* their index; `count` for a root */
  bool *is_parent;  /* it has children */
  bool *picked;     /* never for a parent */
  size_t *leaves;   /* below it, or itself */
  size_t *gathered; /* number of these that are picked */
  size_t picked_count;
  struct ordered_row *rows; /* as they are shown; for this call only */
  size_t shown;
  struct columns_memory memory;
  struct columns columns;
  bool tree;
};

void choice_free(struct choice *choice) {
  if (!choice)
    return;
  free(choice->parents);
  free(choice->is_parent);
  free(choice->picked);
  free(choice->leaves);
  free(choice->gathered);
  free(choice->rows);
  free(choice);
}

static const struct table *candidates(const struct dialog_page *page) {
  const struct sample *found = page->operation->found;
  return found && found->table_count > 0 ? &found->tables[0] : NULL;
}

static int compare_keys(const void *a, const void *b, void *context) {
  const struct table *table = context;
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return strcmp(table->rows[x].key, table->rows[y].key);
}

/* The row with that key among `order`, which is sorted by key; `count` if there is none. */
static size_t key_find(const struct table *table, const size_t *order, size_t count,
                       const char *key) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order_of = strcmp(table->rows[order[middle]].key, key);
    if (order_of == 0)
      return order[middle];
    if (order_of < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return count;
}

static void find_parents(struct choice *choice, const struct table *table) {
  size_t *order = mem_new((choice->count + 1) * sizeof *order);
  for (size_t i = 0; i < choice->count; i++)
    order[i] = i;
  qsort_r(order, choice->count, sizeof *order, compare_keys, (void *)table);
  for (size_t i = 0; i < choice->count; i++) {
    const char *parent = table->rows[i].parent;
    size_t at = parent ? key_find(table, order, choice->count, parent) : choice->count;
    choice->parents[i] = at < i ? at : choice->count; /* parents come before */
    if (at < i)
      choice->is_parent[at] = choice->tree = true;
  }
  free(order);
}

static struct choice *choice_new(const struct table *table) {
  struct choice *choice = mem_new(sizeof *choice);
  size_t count = table ? table->row_count : 0;
  choice->count = count;
  choice->parents = mem_new((count + 1) * sizeof *choice->parents);
  choice->is_parent = mem_new((count + 1) * sizeof *choice->is_parent);
  choice->picked = mem_new((count + 1) * sizeof *choice->picked);
  choice->leaves = mem_new((count + 1) * sizeof *choice->leaves);
  choice->gathered = mem_new((count + 1) * sizeof *choice->gathered);
  if (table)
    find_parents(choice, table);
  return choice;
}

/* Adds up the picks for the rows above; parents come before their children. */
static void sum_up(struct choice *choice) {
  choice->picked_count = 0;
  for (size_t i = 0; i < choice->count; i++) {
    choice->leaves[i] = !choice->is_parent[i];
    choice->gathered[i] = choice->picked[i];
    choice->picked_count += choice->picked[i];
  }
  for (size_t i = choice->count; i-- > 0;) {
    size_t parent = choice->parents[i];
    if (parent == choice->count)
      continue;
    choice->leaves[parent] += choice->leaves[i];
    choice->gathered[parent] += choice->gathered[i];
  }
}

static bool always_open(const void *context, const struct row *row, int depth, size_t children) {
  (void)context;
  (void)row;
  (void)depth;
  (void)children;
  return true;
}

/* The state, with the rows as they are shown now. */
static struct choice *choice_of(struct dialog_page *page) {
  const struct table *table = candidates(page);
  struct dialog *dialog = page->dialog;
  if (!dialog->choice)
    dialog->choice = choice_new(table);
  struct choice *choice = dialog->choice;
  struct rows_query query = {
      .sort_column = -1, .filter = dialog->fields[0], .open = {.is_open = always_open}};
  free(choice->rows);
  choice->rows = NULL;
  choice->shown = table ? rows_order(table, &query, &choice->rows) : 0;
  if (dialog->selected >= choice->shown)
    dialog->selected = choice->shown > 0 ? choice->shown - 1 : 0;
  return choice;
}

static size_t index_of(const struct dialog_page *page, const struct row *row) {
  return (size_t)(row - candidates(page)->rows);
}

/* A table to look at: there is no plan, and nothing is picked. */
static bool is_read_only(const struct dialog_page *page) {
  return page->operation->action->danger == DANGER_NONE;
}

/* ---- the page */

static void choice_title(const struct dialog_page *page, char *out, size_t size) {
  const struct operation *operation = page->operation;
  const char *name = page->frame->model->targets[operation->target_index].target->name;
  if (is_read_only(page)) {
    snprintf(out, size, "%s: %s", name, operation->action->title);
    return;
  }
  snprintf(out, size, "%s: %s: pick %s", name, operation->action->title,
           operation->action->choice == CHOICE_ONE ? "one" : "one or more");
}

static void measure(struct choice *choice, const struct dialog_page *page,
                    const struct table *table) {
  columns_measure_begin(&choice->memory);
  for (size_t i = 0; i < choice->shown && i < MEASURED_MAX; i++)
    columns_measure_row(&choice->memory, page->frame, table->spec, choice->rows[i].row, SEVERITY_OK,
                        table_indent(choice->tree, choice->rows[i].depth));
  columns_measure_end(&choice->memory, table->spec, page->frame->now_ms);
  columns_fit(&choice->memory, table->spec, page->width - SIGN_CELLS - ROW_MARK_CELLS, true,
              &choice->columns);
}

static void draw_heading(const struct dialog_page *page, size_t item, int x, int y, int width) {
  (void)item;
  table_draw_heading(page->frame, candidates(page)->spec, &page->dialog->choice->columns, -1,
                     x + SIGN_CELLS, y, width - SIGN_CELLS);
}

/* " ", "x", or "-" for a parent of which a part is picked. */
static char sign_of(const struct choice *choice, size_t index) {
  if (choice->gathered[index] == 0)
    return ' ';
  return choice->gathered[index] == choice->leaves[index] ? 'x' : '-';
}

static void draw_row(const struct dialog_page *page, size_t item, int x, int y, int width) {
  const struct choice *choice = page->dialog->choice;
  const struct ordered_row *ordered = &choice->rows[item];
  size_t index = index_of(page, ordered->row);
  bool one = page->operation->action->choice == CHOICE_ONE;
  char sign = sign_of(choice, index);
  struct table_row row = {.target_index = page->operation->target_index,
                          .table = SIZE_MAX, /* it has no history */
                          .spec = candidates(page)->spec,
                          .row = ordered,
                          .tree = choice->tree};
  if (!is_read_only(page) && (!one || !choice->is_parent[index]))
    canvas_printf(page->frame->canvas, x, y, SIGN_CELLS,
                  sign == ' ' ? STYLE_KEY : STYLE_NOTICE | STYLE_STRONG, one ? "(%c)" : "[%c]",
                  sign);
  table_draw_row(page->frame, &row, &choice->columns, x + SIGN_CELLS, y, width - SIGN_CELLS);
}

static void choice_build(struct dialog_page *page) {
  struct choice *choice = choice_of(page);
  sum_up(choice);
  if (choice->shown == 0) {
    page_text(page, STYLE_TEXT, 0, NULL,
              *page->dialog->fields[0] ? "No row matches the filter." : "Nothing to pick.");
    return;
  }
  measure(choice, page, candidates(page));
  page_item(page, draw_heading, 0);
  page->dialog->pinned = 1;
  for (size_t i = 0; i < choice->shown; i++) {
    page_item(page, draw_row, i);
    page_choice(page, page->lines->count - 1, i);
    if (i == page->dialog->selected)
      page_select(page, page->lines->count - 1);
  }
}

/* Picked rows that the filter hides. */
static size_t hidden_count(const struct dialog_page *page, const struct choice *choice) {
  size_t seen = 0;
  for (size_t i = 0; i < choice->shown; i++)
    seen += choice->picked[index_of(page, choice->rows[i].row)];
  return choice->picked_count - seen;
}

/* What the survey could not find out, or says about all rows. */
static void put_notes(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  for (size_t i = 0; operation->found && i < operation->found->note_count && i < NOTES_SHOWN; i++)
    page_text(page, STYLE_TEXT, 0, NULL, operation->found->notes[i].text);
  if (is_read_only(page) && operation->err.kind != ERR_NONE)
    page_text(page, STYLE_WARN | STYLE_STRONG, 0, NULL, operation->err.text);
}

static void choice_foot(struct dialog_page *page) {
  const struct dialog *dialog = page->dialog;
  const struct choice *choice = dialog->choice;
  const struct table *table = candidates(page);
  size_t hidden = hidden_count(page, choice);
  if (dialog->typing || *dialog->fields[0])
    page_printf(page, STYLE_NOTICE | STYLE_STRONG, 0, "/%s%s", dialog->fields[0],
                dialog->typing ? "_" : "");
  const char *text = arena_printf(page->arena, "%zu picked", choice->picked_count);
  if (hidden > 0)
    text = arena_printf(page->arena, "%s, %zu of them hidden by the filter", text, hidden);
  if (!is_read_only(page))
    page_text(page, STYLE_TEXT | STYLE_STRONG, 0, NULL, text);
  put_notes(page);
  if (table && table->truncated)
    page_text(page, STYLE_WARN | STYLE_STRONG, 0, NULL,
              "Truncated: there are too many rows to list them all.");
}

/* ---- picking */

static bool is_below(const struct choice *choice, size_t index, size_t above) {
  while (index != above && index != choice->count)
    index = choice->parents[index];
  return index == above;
}

static void pick_one(struct choice *choice, size_t index) {
  bool was = choice->picked[index];
  memset(choice->picked, 0, choice->count * sizeof *choice->picked);
  choice->picked[index] = !was;
}

static void pick_many(const struct dialog_page *page, struct choice *choice, size_t index) {
  bool any_left = false;
  for (int pass = 0; pass < 2; pass++) { /* if all shown ones are picked, none; otherwise all */
    for (size_t i = page->dialog->selected; i < choice->shown; i++) {
      size_t at = index_of(page, choice->rows[i].row);
      if (!is_below(choice, at, index))
        break; /* its descendants are consecutive */
      if (choice->is_parent[at])
        continue;
      if (pass == 0)
        any_left = any_left || !choice->picked[at];
      else
        choice->picked[at] = any_left;
    }
  }
}

static struct request run_move(struct dialog_page *page, int by) {
  dialog_move(page->dialog, by, choice_of(page)->shown);
  return (struct request){.kind = REQUEST_NONE};
}

static struct request run_page(struct dialog_page *page, int direction) {
  int height = page->dialog->height;
  return run_move(page, direction * (height > 2 ? height - 1 : 1));
}

static struct request run_pick(struct dialog_page *page, int argument) {
  struct choice *choice = choice_of(page);
  (void)argument;
  if (choice->shown == 0 || is_read_only(page))
    return (struct request){.kind = REQUEST_NONE};
  size_t index = index_of(page, choice->rows[page->dialog->selected].row);
  bool one = page->operation->action->choice == CHOICE_ONE;
  if (one && choice->is_parent[index]) {
    dialog_say(page->dialog, "Pick one of the rows below it");
    return (struct request){.kind = REQUEST_NONE};
  }
  if (one)
    pick_one(choice, index);
  else
    pick_many(page, choice, index);
  return run_move(page, one ? 0 : 1);
}

/* The selected row, to act on. */
static struct request run_next(struct dialog_page *page, const struct choice *choice) {
  struct request request = dialog_request(page, REQUEST_CHOOSE);
  const char **keys = arena_alloc(page->arena, sizeof *keys);
  if (choice->shown == 0 || !keys)
    return (struct request){.kind = REQUEST_NONE};
  keys[0] = choice->rows[page->dialog->selected].row->key;
  request.texts = keys;
  request.text_count = 1;
  return request;
}

static struct request run_choose(struct dialog_page *page, int argument) {
  const struct table *table = candidates(page);
  struct choice *choice = choice_of(page);
  struct request request = dialog_request(page, REQUEST_CHOOSE);
  (void)argument;
  if (is_read_only(page))
    return run_next(page, choice);
  sum_up(choice);
  const char **keys = arena_alloc(page->arena, (choice->picked_count + 1) * sizeof *keys);
  if (choice->picked_count == 0 || !keys) {
    dialog_say(page->dialog, "Nothing is picked: press Space to pick a row");
    return (struct request){.kind = REQUEST_NONE};
  }
  for (size_t i = 0; i < choice->count; i++)
    if (choice->picked[i])
      keys[request.text_count++] = table->rows[i].key;
  request.texts = keys;
  return request;
}

static struct request run_filter(struct dialog_page *page, int argument) {
  (void)argument;
  page->dialog->typing = true;
  return (struct request){.kind = REQUEST_NONE};
}

/* Esc: first clears the filter. */
static struct request run_back(struct dialog_page *page, int argument) {
  (void)argument;
  if (!*page->dialog->fields[0])
    return dialog_request(page, REQUEST_DISMISS);
  *page->dialog->fields[0] = '\0';
  return (struct request){.kind = REQUEST_NONE};
}

static bool choice_type(struct dialog_page *page, struct key key, struct request *request) {
  struct dialog *dialog = page->dialog;
  (void)request;
  if (!dialog->typing)
    return false;
  if (text_field_key(dialog->fields[0], PLAN_PHRASE_MAX, key, true)) {
    dialog->selected = 0;
    dialog->follow = true;
    return true;
  }
  if (key.code == KEY_CODE_ESC)
    *dialog->fields[0] = '\0';
  if (key.code != KEY_CODE_ESC && key.code != KEY_CODE_ENTER)
    return false;
  dialog->typing = false;
  return true;
}

static bool offers_pick(const struct dialog_page *page) {
  return !is_read_only(page);
}

#define RUNE(c) KEY_CODE_RUNE, c
#define CODE(c) KEY_CODE_##c, 0

enum { TO_THE_END = 1 << 28 };

static const struct dialog_binding bindings[] = {
    {RUNE(' '), "Space", "pick", "pick or unpick the row; on a parent: all rows below it", run_pick,
     0, offers_pick},
    {RUNE('/'), "/", "filter", "show rows that contain a text; Enter keeps, Esc clears", run_filter,
     0, NULL},
    {CODE(ENTER), "Enter", "plan", "make the plan for the picked rows", run_choose, 0, NULL},
    {CODE(ESC), "Esc", "cancel", "clear the filter; then cancel without any change", run_back, 0,
     NULL},
    {CODE(DOWN), "Down", NULL, "one row down or up", run_move, 1, NULL},
    {RUNE('j'), "j", NULL, "one row down or up", run_move, 1, NULL},
    {CODE(UP), "Up", NULL, "one row down or up", run_move, -1, NULL},
    {RUNE('k'), "k", NULL, "one row down or up", run_move, -1, NULL},
    {CODE(PAGE_DOWN), "PgDn", NULL, "one page down or up", run_page, 1, NULL},
    {CODE(PAGE_UP), "PgUp", NULL, "one page down or up", run_page, -1, NULL},
    {CODE(HOME), "Home", NULL, "first or last row", run_move, -TO_THE_END, NULL},
    {RUNE('g'), "g", NULL, "first or last row", run_move, -TO_THE_END, NULL},
    {CODE(END), "End", NULL, "first or last row", run_move, TO_THE_END, NULL},
    {RUNE('G'), "G", NULL, "first or last row", run_move, TO_THE_END, NULL},
};

const struct dialog_class dialog_choice = {
    .name = "Choice",
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .title = choice_title,
    .build = choice_build,
    .foot = choice_foot,
    .type = choice_type,
};
