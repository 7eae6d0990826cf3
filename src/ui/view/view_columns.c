#include "ui/view/view_columns.h"

#include "core/map.h"
#include "core/mem.h"
#include "ui/panes/pane_kind.h"
#include "ui/view/keys/key_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  WIDTH_LEAST = 3,
  WIDTH_STEP = 2,
  CHECK_CELLS = 4,
  TITLE_CELLS = 18,
  WIDTH_CELLS = 8,
};

static const struct request nothing = {.kind = REQUEST_NONE};

static void say(struct view *view, const char *text) {
  view_say(view, text);
}

void columns_page_fini(struct columns_page *page) {
  free(page->table);
  *page = (struct columns_page){0};
}

void columns_note(struct view *view) {
  char text[NOTICE_MAX + COLUMN_CHOICE_ID_MAX];
  for (size_t i = 0; i < view->choices.count && !*view->notice; i++) {
    struct columns_choice *choice = &view->choices.items[i];
    if (choice->line > 0 && *choice->unknown) {
      snprintf(text, sizeof text,
               "%.120s:%d: %.60s has no column \"%.60s\"; it is ignored ({columns-show} chooses "
               "columns)",
               view->columns_path ? view->columns_path : "columns", choice->line, choice->table,
               choice->unknown);
      view_say(view, text);
    }
    *choice->unknown = '\0';
  }
}

/* ---- opening */

/* NULL: it is not in the latest data. */
static const struct table_spec *spec_now(const struct columns_page *page,
                                         const struct model *model) {
  if (!page->table || page->target_index >= model_state_count(model))
    return NULL;
  const struct sample *sample = model->targets[page->target_index].sample;
  const struct table *table = sample ? sample_table_view(sample, page->table) : NULL;
  return table && table->spec->column_count == page->column_count ? table->spec : NULL;
}

static bool has_item(const struct columns_page *page, size_t column) {
  for (size_t i = 0; i < page->count; i++)
    if (page->items[i].column == column)
      return true;
  return false;
}

static void add_item(struct columns_page *page, size_t column, bool shown, int width) {
  if (page->count < COLUMNS_MAX && !has_item(page, column))
    page->items[page->count++] = (struct columns_item){column, shown, width};
}

/* What is chosen, else what is on the screen; then the others. */
static void fill_items(struct columns_page *page, const struct table_spec *spec,
                       const struct pane_table *memory) {
  const struct columns_order *order = &memory->memory.order;
  page->count = 0;
  add_item(page, 0, true,
           columns_order_has(order, 0) && order->columns[0] == 0 ? order->widths[0] : 0);
  for (size_t i = 0; i < order->count; i++)
    add_item(page, order->columns[i], true, order->widths[i]);
  for (size_t i = 0; order->count == 0 && i < memory->columns.count; i++)
    add_item(page, memory->columns.places[i].column, true, 0);
  for (size_t i = 0; i < spec->column_count && i < COLUMNS_MAX; i++)
    add_item(page, i, false, 0);
}

/* The table of the selected row, else the first one. */
static const struct line *line_of_table(const struct pane *pane) {
  const struct line *line = pane ? pane_selected(pane) : NULL;
  for (size_t i = 0; pane && i < pane->lines.count && (!line || line->kind != LINE_ROW); i++)
    line = &pane->lines.items[i];
  return line && line->kind == LINE_ROW ? line : NULL;
}

struct request run_columns(struct keys *keys, int argument) {
  struct view *view = keys->view;
  struct columns_page *page = &view->columns;
  const struct line *line = line_of_table(keys->pane);
  (void)argument;
  if (!line) {
    say(view, "There is no table here: select a row");
    return nothing;
  }
  const struct table_spec *spec = line->table->spec;
  if (spec->flags & TABLE_OWN) {
    say(view, "The columns of this table depend on its target: they cannot be chosen");
    return nothing;
  }
  columns_page_fini(page);
  page->target_index = line->target_index;
  page->table = mem_dup(line->table_id);
  page->column_count = spec->column_count;
  pane_kind_table_name(keys->frame, line->target_index, spec, page->name);
  const struct pane_table *memory = pane_table_of(keys->pane, line->target_index, spec);
  if (!memory)
    return nothing;
  for (size_t i = 0; i < memory->columns.count; i++)
    if (memory->columns.places[i].column < COLUMNS_MAX)
      page->widths[memory->columns.places[i].column] = memory->columns.places[i].width;
  fill_items(page, spec, memory);
  view->page = PAGE_COLUMNS;
  return nothing;
}

/* ---- keys */

void columns_move(struct view *view, int rows) {
  struct columns_page *page = &view->columns;
  const int last = (int)page->count - 1, at = (int)page->at;
  page->at = rows < -at ? 0 : rows > last - at ? (size_t)last : (size_t)(at + rows);
}

/* The panes show it with the next frame. */
static void apply(struct view *view, const struct table_spec *spec) {
  const struct columns_page *page = &view->columns;
  struct columns_choice *choice = columns_choices_set(&view->choices, page->name);
  if (!choice) {
    say(view, "There are too many tables with chosen columns");
    return;
  }
  for (size_t i = 0; i < page->count; i++)
    if (page->items[i].shown)
      columns_choice_add(choice, spec->columns[page->items[i].column].id, page->items[i].width);
  choice->checked = true;
  view->columns.changed = true;
}

static struct columns_item *selected(const struct keys *keys, const struct table_spec **spec) {
  struct columns_page *page = &keys->view->columns;
  *spec = spec_now(page, keys->frame->model);
  return *spec && page->at < page->count ? &page->items[page->at] : NULL;
}

struct request run_columns_show(struct keys *keys, int argument) {
  const struct table_spec *spec;
  struct columns_item *item = selected(keys, &spec);
  (void)argument;
  if (!item)
    return nothing;
  if (item->column == 0) {
    say(keys->view, "The first column names the row: it is always shown");
    return nothing;
  }
  item->shown = !item->shown;
  apply(keys->view, spec);
  return nothing;
}

struct request run_columns_shift(struct keys *keys, int step) {
  const struct table_spec *spec;
  struct columns_page *page = &keys->view->columns;
  struct columns_item *item = selected(keys, &spec);
  const size_t to = page->at + (size_t)step;
  if (!item || page->at == 0 || to == 0 || to >= page->count)
    return nothing;
  const struct columns_item moved = *item;
  *item = page->items[to];
  page->items[to] = moved;
  page->at = to;
  apply(keys->view, spec);
  return nothing;
}

struct request run_columns_width(struct keys *keys, int step) {
  const struct table_spec *spec;
  struct columns_item *item = selected(keys, &spec);
  if (!item)
    return nothing;
  const int before = item->width > 0 ? item->width : keys->view->columns.widths[item->column];
  const int width = before + step * WIDTH_STEP;
  item->width = width < WIDTH_LEAST               ? 0
                : width > COLUMN_CHOICE_WIDTH_MAX ? COLUMN_CHOICE_WIDTH_MAX
                                                  : width;
  item->shown = true;
  apply(keys->view, spec);
  return nothing;
}

struct request run_columns_reset(struct keys *keys, int argument) {
  struct columns_page *page = &keys->view->columns;
  const struct table_spec *spec = spec_now(page, keys->frame->model);
  (void)argument;
  if (!spec)
    return nothing;
  columns_choices_remove(&keys->view->choices, page->name);
  page->count = page->at = 0;
  for (size_t i = 0; i < spec->column_count && i < COLUMNS_MAX; i++)
    add_item(page, i, !(spec->columns[i].flags & COLUMN_DETAIL), 0);
  page->changed = true;
  say(keys->view, "The usual columns, as many as fit; {columns-save} saves that");
  return nothing;
}

struct request run_columns_save(struct keys *keys, int argument) {
  (void)argument;
  keys->view->columns.changed = false;
  char *text = columns_choices_text(&keys->view->choices);
  const char *kept = text ? arena_text(keys->frame->arena, text, strlen(text)) : NULL;
  free(text);
  if (!kept || !keys->view->columns_path) {
    say(keys->view, "Not saved: no folder for it; HOME and XDG_CONFIG_HOME are not set");
    return nothing;
  }
  keys->view->columns_hash = map_hash_text(MAP_HASH, kept);
  return (struct request){.kind = REQUEST_COLUMNS_SAVE, .text = kept};
}

/* ---- drawing */

static void draw_item(const struct columns_page *page, const struct frame *frame,
                      const struct table_spec *spec, size_t index, int x, int y, int width) {
  const struct columns_item *item = &page->items[index];
  const struct column_spec *column = &spec->columns[item->column];
  struct canvas *canvas = frame->canvas;
  char shown[16] = "auto";
  if (item->width > 0)
    snprintf(shown, sizeof shown, "%d", item->width);
  canvas_text(canvas, x, y, CHECK_CELLS, STYLE_TEXT, item->shown ? "[x]" : "[ ]");
  int at = x + CHECK_CELLS;
  canvas_text(canvas, at, y, TITLE_CELLS, item->shown ? STYLE_TITLE : STYLE_DIM, column->title);
  at += TITLE_CELLS + 1;
  canvas_text_right(canvas, at, y, WIDTH_CELLS - 2, STYLE_DIM, item->shown ? shown : "");
  at += WIDTH_CELLS;
  if (column->help)
    canvas_text(canvas, at, y, x + width - at, STYLE_DIM, column->help);
  if (index != page->at)
    return;
  canvas_restyle(canvas, x, y, width, 1, STYLE_SELECTED);
  canvas_glyph(canvas, x - 2, y, STYLE_BORDER_FOCUSED | STYLE_STRONG, "\xE2\x96\xBA", '>');
}

void columns_draw(struct view *view, const struct frame *frame, struct rect area) {
  const struct columns_page *page = &view->columns;
  const struct table_spec *spec = spec_now(page, frame->model);
  struct canvas *canvas = frame->canvas;
  canvas_box(canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  const int used = canvas_printf(canvas, area.x + 1, area.y, area.width - 2,
                                 STYLE_TITLE | STYLE_STRONG, "[Columns of %s]", page->name);
  const struct rect inside = {area.x + 2, area.y + 1, area.width - 4, area.height - 2};
  if (page->changed && area.width - used > 30)
    canvas_text(canvas, area.x + 2 + used, area.y, area.width - used - 4, STYLE_NOTICE,
                " not saved: until you quit ");
  if (!spec) {
    canvas_text(canvas, inside.x, inside.y, inside.width, STYLE_NOTICE,
                "This table is gone: it is not in the latest data");
    return;
  }
  const size_t lines = inside.height > 0 ? (size_t)inside.height : 0;
  const size_t first = page->at + 1 > lines ? page->at + 1 - lines : 0;
  view->page_height = inside.height;
  view->page_lines = (int)page->count;
  for (size_t i = 0; i < lines && first + i < page->count; i++) {
    hit_add(frame, inside.y + (int)i, 1, 0, first + i);
    draw_item(page, frame, spec, first + i, inside.x, inside.y + (int)i, inside.width);
  }
}
