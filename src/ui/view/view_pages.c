#include "ui/view/view_pages.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "ui/panes/pane_kind.h"
#include "ui/view/keys/key_words.h"
#include "ui/view/view_act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};

static void say(struct view *view, const char *text) {
  view_say(view, text);
}

/* ---- open pages */

enum { LABEL_CELLS = 40 };

/* As much of a label as a title has room for, as whole characters. */
static const char *label_shown(const char *label, char out[PANE_TITLE_MAX]) {
  char clean[PANE_TITLE_MAX * 3];
  text_sanitize(clean, sizeof clean, label, strnlen(label, PANE_TITLE_MAX), false);
  const size_t fit = text_fit(clean, LABEL_CELLS, NULL);
  snprintf(out, PANE_TITLE_MAX, "%.*s%s", (int)(fit < PANE_TITLE_MAX - 4 ? fit : 0), clean,
           clean[fit] ? "\xE2\x80\xA6" : "");
  return out;
}

/* "postgres ecap pid 8123: Session"; a name that says its kind stays alone. */
static struct pane *pane_of_page(const struct model *model, size_t number) {
  const struct target_state *state = &model->targets[model->target_count + number - 1];
  const struct page_spec *spec = state->page;
  char title[PANE_TITLE_MAX * 3], name[PANE_TITLE_MAX], label[PANE_TITLE_MAX] = "";
  struct pane *pane = mem_new(sizeof *pane);
  if (state->focus.label)
    label_shown(state->focus.label, label);
  const char *kind = state->target->kind->kind;
  const bool says = text_contains(state->target->name, kind);
  snprintf(title, sizeof title, "%s%s%s%s%s: %s", says ? "" : kind, says ? "" : " ",
           label_shown(state->target->name, name), *label ? " " : "", label, spec->title);
  pane_init(pane, &pane_kind, spec->id, title);
  pane->opened = number;
  for (size_t i = 0; i < spec->table_count; i++) {
    const struct table_spec *table = spec->tables[i];
    if (strcmp(state->focus.sort_table, table->id) == 0)
      pane_table(pane, table->id)->sort_column = table_column(table, state->focus.sort);
  }
  return pane;
}

void view_pages_sync(struct view *view, const struct model *model) {
  for (; view->opened_count > model->page_count; view->opened_count--) {
    pane_fini(view->opened[view->opened_count - 1]);
    free(view->opened[view->opened_count - 1]);
    view->typing = false;
  }
  while (view->opened_count < model->page_count) {
    view->opened_count++;
    view->opened[view->opened_count - 1] = pane_of_page(model, view->opened_count);
    view->page = PAGE_PANES; /* also where a line has opened it, over details or help */
  }
}

/* "Which statements take the time?  Cost: ...", in the lower border. */
static void draw_purpose(const struct frame *frame, const struct page_spec *spec,
                         struct rect area) {
  const int y = area.y + area.height - 1;
  int x = area.x + 2, end = area.x + area.width - 2;
  if (x + text_width(spec->cost) + 9 > end)
    return;
  x += canvas_printf(frame->canvas, x, y, end - x, STYLE_DIM, " cost: %s ", spec->cost);
  if (x + 1 + text_width(spec->question) + 2 <= end)
    canvas_printf(frame->canvas, x + 1, y, end - x, STYLE_DIM, " %s ", spec->question);
}

void view_pages_draw(struct view *view, const struct frame *frame, struct rect area) {
  struct pane *pane = view_focused(view);
  bool gone = false;
  view->opened_width = area.width - 2;
  pane_build(pane, frame, view->opened_width, PANE_WIDE, &gone);
  if (gone && !view->typing)
    say(view, "The selected row is gone: the row next to it is selected");
  pane_draw(pane, frame, area, PANE_TOP | PANE_BOTTOM | PANE_FOCUSED | PANE_ZOOMED);
  const size_t state = frame->model->target_count + view->opened_count - 1;
  draw_purpose(frame, frame->model->targets[state].page, area);
}

/* ---- what the selection has */

/* The row or target that pages are for; false: none. */
static bool focus_now(const struct view *view, const struct frame *frame, struct page_list *list) {
  if (view->page == PAGE_DETAIL) {
    const struct detail *detail = &view->detail;
    if (detail->of_event || detail->target_index >= model_state_count(frame->model))
      return false;
    const struct target_state *state = &frame->model->targets[detail->target_index];
    const struct table *table =
        state->sample && detail->table ? sample_table_view(state->sample, detail->table) : NULL;
    list->target_index = state->target_index;
    if (table && !(table->spec->flags & TABLE_SUMMARY)) {
      list->table = detail->table;
      list->key = detail->key;
      list->label = detail->label;
    }
    return true;
  }
  const struct pane *pane = view_focused(view);
  const struct line *line = pane && view->page == PAGE_PANES ? pane_selected(pane) : NULL;
  if (!line || line->kind == LINE_EVENT)
    return false;
  list->target_index = frame->model->targets[line->target_index].target_index;
  if (!line_has_row(line))
    return true;
  char *buffer = arena_alloc(frame->arena, FORMAT_MAX);
  list->table = (char *)line->table_id;
  list->key = (char *)line->key;
  list->label = (char *)line->key;
  if (buffer)
    list->label =
        (char *)frame_value(frame, buffer, line->row.row->cells[0], &line->table->spec->columns[0]);
  return true;
}

/* It is open already, for the same subject. */
static bool is_open(const struct model *model, const struct page_list *focus,
                    const struct page_spec *spec, bool of_row) {
  for (size_t i = model->target_count; i < model_state_count(model); i++) {
    const struct target_state *state = &model->targets[i];
    if (state->page == spec && state->target_index == focus->target_index &&
        (!of_row || (state->focus.key && strcmp(state->focus.key, focus->key) == 0)))
      return true;
  }
  return false;
}

/* The index-th page of the row, then of its target; NULL beyond the last. */
static const struct page_spec *page_at(const struct model *model, const struct page_list *focus,
                                       size_t index, bool *of_row) {
  const char *kind = model->targets[focus->target_index].target->kind->kind;
  for (int pass = focus->table ? 0 : 1; pass < 2; pass++)
    for (const struct page_spec *const *spec = model->pages; spec && *spec; spec++) {
      *of_row = pass == 0;
      if (page_takes(*spec, kind, pass == 0 ? focus->table : NULL, focus->key) &&
          !is_open(model, focus, *spec, pass == 0) && index-- == 0)
        return *spec;
    }
  return NULL;
}

static size_t pages_of_row(const struct model *model, const struct page_list *focus) {
  bool of_row;
  size_t count = 0;
  while (page_at(model, focus, count, &of_row) && of_row)
    count++;
  return count;
}

static size_t pages_count(const struct model *model, const struct page_list *focus) {
  bool of_row;
  size_t count = 0;
  while (page_at(model, focus, count, &of_row))
    count++;
  return count;
}

/* As last drawn, for the bottom line. */
void view_pages_note(struct view *view, const struct frame *frame) {
  struct page_list focus = {0};
  const bool any = focus_now(view, frame, &focus);
  view->pages = any ? pages_count(frame->model, &focus) : 0;
  view->row_pages = focus.table ? pages_of_row(frame->model, &focus) : view->pages;
  const struct model *model = frame->model;
  const struct page_spec *spec =
      model->page_count > 0 ? model->targets[model_state_count(model) - 1].page : NULL;
  view->opened_sorts = spec && spec->sort_count > 0;
  view->opened_windows = spec && spec->windows;
}

static struct request page_open(struct keys *keys, const struct page_list *focus,
                                const struct page_spec *spec, bool of_row) {
  struct view *view = keys->view;
  const struct model *model = keys->frame->model;
  struct request request = {.kind = REQUEST_PAGE_OPEN, .page = spec};
  if (view->paused) {
    say(view, "Paused: press {screen-pause} to resume, then open the page");
    return nothing;
  }
  if (model->page_count == MODEL_PAGES_MAX) {
    say(view, "Too many pages are open: press Esc to close one");
    return nothing;
  }
  request.subject.target_index = focus->target_index;
  if (of_row) {
    const char **key = arena_alloc(&view->arena, sizeof *key);
    if (!key)
      return nothing;
    *key = arena_printf(&view->arena, "%s", focus->key);
    request.subject.table = arena_printf(&view->arena, "%s", focus->table);
    request.subject.keys = key;
    request.subject.key_count = 1;
    request.text = arena_printf(&view->arena, "%s", focus->label);
  }
  view->page = PAGE_PANES;
  return request;
}

/* The row of the finding, or its target. */
static void focus_of_finding(const struct model *model, const struct finding *finding,
                             struct page_list *focus) {
  *focus = (struct page_list){.target_index = model->targets[finding->target_index].target_index};
  if (!finding->row)
    return;
  focus->table = (char *)finding->table;
  focus->key = focus->label = (char *)finding->row;
}

static bool is_of_row(const struct page_spec *spec, const struct page_list *focus,
                      const char *kind) {
  return focus->table && page_takes(spec, kind, focus->table, focus->key);
}

bool view_page_is_possible(const struct model *model, const struct finding *finding,
                           const struct page_spec *spec) {
  struct page_list focus;
  focus_of_finding(model, finding, &focus);
  const char *kind = model->targets[focus.target_index].target->kind->kind;
  const bool of_row = is_of_row(spec, &focus, kind);
  return !spec->costly && (of_row || page_takes(spec, kind, NULL, NULL)) &&
         !is_open(model, &focus, spec, of_row);
}

struct request view_page_of_finding(struct keys *keys, const struct finding *finding,
                                    const struct page_spec *spec) {
  const struct model *model = keys->frame->model;
  const struct row *row = model_finding_row(model, finding);
  struct page_list focus;
  focus_of_finding(model, finding, &focus);
  if (row && row->cells[0].type == VALUE_TEXT)
    focus.label = (char *)row->cells[0].text;
  return page_open(keys, &focus, spec,
                   is_of_row(spec, &focus, model->targets[focus.target_index].target->kind->kind));
}

/* ---- the list */

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

void page_list_fini(struct page_list *list) {
  free(list->table);
  free(list->key);
  free(list->label);
  *list = (struct page_list){0};
}

static struct request list_open(struct view *view, const struct page_list *focus) {
  page_list_fini(&view->list);
  view->list = (struct page_list){.target_index = focus->target_index,
                                  .table = dup_or_null(focus->table),
                                  .key = dup_or_null(focus->key),
                                  .label = dup_or_null(focus->label)};
  view->page_before_list = view->page;
  view->page = PAGE_LIST;
  return nothing;
}

void page_list_move(struct view *view, const struct frame *frame, int rows) {
  const long last = (long)pages_count(frame->model, &view->list) - 1;
  const long at = (long)view->list.at + rows;
  view->list.at = (size_t)(at < 0 || last < 0 ? 0 : at > last ? last : at);
}

enum { LIST_TITLE_CELLS = 22, LIST_LINES = 2 };

static void draw_item(const struct frame *frame, const struct page_spec *spec, struct rect area,
                      int y) {
  const int x = area.x + LIST_TITLE_CELLS + 1, width = area.x + area.width - x;
  canvas_text(frame->canvas, area.x, y, LIST_TITLE_CELLS, STYLE_TITLE | STYLE_STRONG, spec->title);
  canvas_text(frame->canvas, x, y, width, STYLE_TEXT, spec->question);
  canvas_printf(frame->canvas, area.x + 2, y + 1, area.width - 2,
                spec->costly ? STYLE_NOTICE : STYLE_DIM, "cost: %s", spec->cost);
}

void page_list_draw(struct view *view, const struct frame *frame, struct rect area) {
  struct page_list *list = &view->list;
  const struct model *model = frame->model;
  const char *name = model->targets[list->target_index].target->name,
             *kind = pane_kind_word(frame, list->target_index);
  const struct rect inside = {area.x + 2, area.y + 1, area.width - 4, area.height - 2};
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  canvas_printf(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_TITLE | STYLE_STRONG,
                "[Pages of %s%s%s%s]", kind, name, list->label ? " " : "",
                list->label ? list->label : "");
  const size_t fit = inside.height > LIST_LINES ? (size_t)inside.height / LIST_LINES : 1;
  const size_t first = list->at >= fit ? list->at - fit + 1 : 0;
  for (size_t i = first; i < first + fit; i++) {
    bool of_row;
    const struct page_spec *spec = page_at(model, list, i, &of_row);
    const int y = inside.y + (int)(i - first) * LIST_LINES;
    if (!spec)
      break;
    hit_add(frame, y, LIST_LINES, 0, i);
    draw_item(frame, spec, inside, y);
    if (i != list->at)
      continue;
    canvas_restyle(frame->canvas, area.x + 1, y, area.width - 2, LIST_LINES, STYLE_SELECTED);
    canvas_glyph(frame->canvas, area.x, y, STYLE_BORDER_FOCUSED | STYLE_STRONG, "\xE2\x96\xBA",
                 '>');
  }
}

/* ---- keys */

/* The key was pressed for another row. */
static bool has_moved(struct keys *keys) {
  if (keys->view->page != PAGE_PANES || !keys->moved)
    return false;
  say(keys->view, "The selection just changed: check the row, then press the key again");
  return true;
}

struct request run_pages(struct keys *keys, int argument) {
  struct page_list focus = {0};
  (void)argument;
  if (has_moved(keys))
    return nothing;
  if (!focus_now(keys->view, keys->frame, &focus))
    say(keys->view, "Select a row or a target first");
  else if (pages_count(keys->frame->model, &focus) == 0)
    say(keys->view, "There are no pages for this row or its target");
  else
    return list_open(keys->view, &focus);
  return nothing;
}

struct request run_story(struct keys *keys, int argument) {
  struct page_list focus = {0};
  bool of_row = false;
  if (!focus_now(keys->view, keys->frame, &focus))
    return run_detail(keys, argument);
  const size_t count = pages_of_row(keys->frame->model, &focus);
  /* What costs much is opened from the list only, so that it does not count. */
  const struct page_spec *spec = page_at(keys->frame->model, &focus, 0, &of_row);
  size_t cheap = 0;
  for (size_t i = 0; i < count; i++) {
    bool also_of_row;
    const struct page_spec *each = page_at(keys->frame->model, &focus, i, &also_of_row);
    if (each->costly)
      continue;
    spec = cheap == 0 ? each : spec;
    of_row = cheap == 0 ? also_of_row : of_row;
    cheap++;
  }
  if (count == 0 && (focus.table || !spec))
    return run_detail(keys, argument);
  if (has_moved(keys))
    return nothing;
  if (cheap != 1)
    return list_open(keys->view, &focus);
  return page_open(keys, &focus, spec, of_row);
}

struct request run_choose_page(struct keys *keys, int argument) {
  bool of_row;
  const struct page_list *list = &keys->view->list;
  const struct page_spec *spec = page_at(keys->frame->model, list, list->at, &of_row);
  (void)argument;
  return spec ? page_open(keys, list, spec, of_row) : nothing;
}

struct request view_page_sorted(const struct line *line, const struct pane_table *table) {
  const struct table_spec *spec = line->table->spec;
  const bool sorted = table->sort_column >= 0 && (size_t)table->sort_column < spec->column_count;
  return (struct request){.kind = REQUEST_PAGE_SORT,
                          .subject = {.table = spec->id},
                          .text = sorted ? spec->columns[table->sort_column].id : "",
                          .inverted = table->inverted};
}

static const struct page_spec *spec_now(const struct keys *keys) {
  const struct model *model = keys->frame->model;
  return model->page_count > 0 ? model->targets[model_state_count(model) - 1].page : NULL;
}

/* The one after the order in force; the first one if that has no name. */
struct request run_named_sort(struct keys *keys, int argument) {
  const struct page_spec *spec = spec_now(keys);
  size_t next = 0;
  (void)argument;
  if (!spec || spec->sort_count == 0 || !keys->pane) {
    say(keys->view, "This page has no named orders: < and > sort by a column");
    return nothing;
  }
  for (size_t i = 0; i < spec->sort_count; i++) {
    const struct page_sort *sort = &spec->sorts[i];
    for (size_t t = 0; t < spec->table_count; t++)
      if (strcmp(spec->tables[t]->id, sort->table) == 0 &&
          pane_table(keys->pane, sort->table)->sort_column ==
              table_column(spec->tables[t], sort->column))
        next = (i + 1) % spec->sort_count;
  }
  const struct page_sort *sort = &spec->sorts[next];
  struct pane_table *table = pane_table(keys->pane, sort->table);
  const struct table_spec *found = NULL;
  for (size_t t = 0; t < spec->table_count; t++)
    if (strcmp(spec->tables[t]->id, sort->table) == 0)
      found = spec->tables[t];
  if (!table || !found)
    return nothing;
  table->sort_column = table_column(found, sort->column);
  table->inverted = false;
  snprintf(keys->view->notice, sizeof keys->view->notice, "%s: sorted by %s", sort->name,
           found->columns[table->sort_column].title);
  return (struct request){
      .kind = REQUEST_PAGE_SORT, .subject = {.table = found->id}, .text = sort->column};
}

struct request run_window(struct keys *keys, int argument) {
  static const char *const says[] = {
      "Figures count from now on: {page-window} again ends the window",
      "The window has ended, its figures stay: {page-window} again begins a new one"};
  const struct model *model = keys->frame->model;
  const struct page_spec *spec = spec_now(keys);
  (void)argument;
  if (!spec || !spec->windows) {
    say(keys->view, "The figures of this page do not count from a mark on");
    return nothing;
  }
  if (keys->view->paused) {
    say(keys->view, "Paused: press {screen-pause} to resume, then set the mark");
    return nothing;
  }
  say(keys->view, says[model->targets[model_state_count(model) - 1].focus.marks % 2]);
  return (struct request){.kind = REQUEST_PAGE_MARK};
}

bool offers_window(const struct view *view) {
  return view->opened_windows;
}

bool offers_story(const struct view *view) {
  return view->row_pages > 0;
}

bool offers_no_story(const struct view *view) {
  const struct pane *pane = view_focused(view);
  return view->row_pages == 0 && pane && pane_selected(pane);
}

bool offers_pages(const struct view *view) {
  return view->pages > 0;
}

bool offers_named_sort(const struct view *view) {
  return view->opened_sorts;
}
