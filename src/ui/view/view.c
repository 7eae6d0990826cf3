#include "ui/view/view.h"

#include "core/map.h"
#include "core/mem.h"
#include "ui/log/log_page.h"
#include "ui/panes/pane_kind.h"
#include "ui/panes/pane_list.h"
#include "ui/view/command/command_line.h"
#include "ui/view/draw/header.h"
#include "ui/view/draw/help.h"
#include "ui/view/keys/key_words.h"
#include "ui/view/keys/keymap.h"
#include "ui/view/screens/view_runbooks.h"
#include "ui/view/view_act.h"
#include "ui/view/view_columns.h"
#include "ui/view/view_pages.h"
#include "ui/view/view_wall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  SMALL_BODY = 10, /* lines inside a pane below which a summary gets one line */
  TIGHT_BODY = 4,  /* lines inside a pane below which headings are dropped */
  LEFT_WIDTH = 38, /* of a pane that the configured layout does not name */
  CLOCK_MS = 1000,
};

void view_keys_set(struct view *view, const struct view_options *options) {
  if (view->keymap)
    keymap_fini(view->keymap);
  else
    view->keymap = mem_new(sizeof *view->keymap);
  keymap_init(view->keymap);
  for (size_t i = 0; i < options->key_count; i++) {
    struct err ignored; /* the configuration was checked: view_keys_check */
    if (!keymap_set(view->keymap, &options->keys[i], &ignored))
      continue;
  }
}

struct view *view_new(const struct view_options *options) {
  struct view *view = mem_new(sizeof *view);
  view->utc = options->utc;
  arena_init(&view->arena, FRAME_BYTES_MAX);
  view->command_line = command_line_new();
  view->commands = options->commands;
  view_keys_set(view, options);
  dialog_init(&view->dialog);
  log_view_init(&view->log);
  view->findings = mem_new(sizeof *view->findings);
  pane_init(view->findings, &pane_findings, "findings", "Findings");
  view->no_logs = options->no_logs;
  if (options->wall)
    view_wall_init(view, options->wall_rotate_ms);
  view->user = options->user ? mem_dup(options->user) : NULL;
  return view;
}

void view_free(struct view *view) {
  if (!view)
    return;
  for (size_t i = 0; i < view->pane_count; i++) {
    pane_fini(view->panes[i]);
    free(view->panes[i]);
  }
  for (size_t i = 0; i < view->opened_count; i++) {
    pane_fini(view->opened[i]);
    free(view->opened[i]);
  }
  pane_fini(view->findings);
  free(view->findings);
  page_list_fini(&view->list);
  detail_fini(&view->detail);
  chart_fini(&view->chart);
  columns_page_fini(&view->columns);
  columns_choices_fini(&view->choices);
  free(view->columns_path);
  log_view_fini(&view->log);
  dialog_fini(&view->dialog);
  keymap_fini(view->keymap);
  free(view->keymap);
  command_line_free(view->command_line);
  arena_fini(&view->arena);
  free(view->user);
  free(view);
}

void view_notice(struct view *view, const char *text) {
  view_say(view, text);
}

void view_columns_load(struct view *view, const char *path, const char *text, size_t len) {
  struct err err;
  char notice[NOTICE_MAX];
  free(view->columns_path);
  view->columns_path = mem_dup(path);
  const uint64_t hash = text ? map_hash_text(MAP_HASH, text) : 0;
  if (view->columns_hash == hash)
    return; /* as it was; what is not saved yet stays */
  view->columns_hash = hash;
  columns_choices_fini(&view->choices);
  if (!text || columns_choices_read(&view->choices, text, len, &err))
    return;
  const char *slash = strrchr(path, '/'); /* a narrow screen cuts the end */
  snprintf(notice, sizeof notice, "%.20s: %.180s; this line is ignored (%.80s)",
           slash ? slash + 1 : path, err.text, path);
  view_notice(view, notice);
}

void view_command_wrong(struct view *view, const char *text) {
  view_text_keys(view, view->command_line->wrong, sizeof view->command_line->wrong, text);
  view->commanding = true;
}

bool view_command_was_last(const struct view *view) {
  return view->command_line->ran;
}

void view_history_add(struct view *view, const char *line) {
  command_line_add(view->command_line, line);
}

void view_incident(struct view *view) {
  if (view->page == PAGE_INCIDENT)
    return;
  view->page = PAGE_INCIDENT;
  view->scroll = 0;
}

bool view_shows_incident(const struct view *view) {
  return view->page == PAGE_INCIDENT;
}

bool view_shows_wall(const struct view *view) {
  return view->page == PAGE_WALL;
}

void view_sync_panes(struct view *view, const struct model *model) {
  struct pane_list list;
  const struct pane *focused = view->pane_count ? view->panes[view->focus] : NULL;
  view_pages_sync(view, model);
  pane_list_fill(&list, model, view->panes, view->pane_count);
  for (size_t i = 0; i < view->pane_count; i++) {
    if (!view->panes[i])
      continue;
    if (view->panes[i] == focused)
      view->zoomed = view->typing = false;
    layout_hold_drop(&view->hold);
    pane_fini(view->panes[i]);
    free(view->panes[i]);
  }
  memcpy(view->panes, list.panes, sizeof view->panes);
  view->pane_count = list.count;
  size_t focus = 0;
  for (size_t i = 0; i < view->pane_count; i++) {
    view->panes[i]->choices = &view->choices;
    if (view->panes[i] == focused)
      focus = i;
  }
  for (size_t i = 0; i < view->opened_count; i++)
    view->opened[i]->choices = &view->choices;
  view->focus = focus;
}

/* The worst finding that counts, of the pane's targets; of all if pane is NULL. */
static const struct finding *worst_finding(const struct model *model, const struct pane *pane) {
  const struct findings *findings = model->findings;
  for (size_t i = 0; i < findings->count; i++)
    if (finding_calls(&findings->items[i]) &&
        (!pane || pane_kind_has(pane, model, findings->items[i].target_index)))
      return &findings->items[i];
  return NULL;
}

/* Until a person takes over, the focus is where the worst finding is. */
static void focus_worst(struct view *view, const struct model *model) {
  const struct finding *worst = view->touched ? NULL : worst_finding(model, NULL);
  for (size_t i = 0; worst && i < view->pane_count; i++)
    if (pane_kind_has(view->panes[i], model, worst->target_index))
      view->focus = i;
}

static void build(struct view *view, const struct frame *frame, size_t index) {
  bool gone = false;
  view->panes[index]->worst = worst_finding(frame->model, view->panes[index]);
  pane_build(view->panes[index], frame, view->widths[index], view->rooms[index], &gone);
  if (gone && index == view->focus && !view->typing)
    snprintf(view->notice, sizeof view->notice,
             "The selected row is gone: the row next to it is selected");
}

void view_build_focused(struct view *view, const struct frame *frame) {
  if (view->opened_count > 0)
    pane_build(view_focused(view), frame, view->opened_width, PANE_WIDE, NULL);
  else if (view->listing)
    pane_build(view->findings, frame, view->listing_width, PANE_WIDE, NULL);
  else if (view->pane_count)
    build(view, frame, view->focus);
}

static enum pane_room room_of(int body) {
  return body < TIGHT_BODY ? PANE_TIGHT : body < SMALL_BODY ? PANE_SMALL : PANE_NORMAL;
}

/* Builds the lines again for a pane whose size differs from the expected one. */
static void fit_room(struct view *view, const struct frame *frame, size_t index, int body) {
  struct pane *pane = view->panes[index];
  enum pane_room room = room_of(body);
  bool fits = (int)pane->lines.count + (pane->feet > 0) <= body;
  if ((fits || room == view->rooms[index]) && pane->lines.count <= (size_t)body &&
      !pane->class->spreads)
    return;
  view->rooms[index] = room;
  pane->body = body;
  build(view, frame, index);
}

static bool awaits_answers(const struct frame *frame) {
  bool awaits = false;
  for (size_t i = 0; i < frame->model->target_count && !awaits; i++)
    awaits = target_state_condition(&frame->model->targets[i], frame->now_ms) == TARGET_WAITING;
  return awaits;
}

static void draw_grid(struct view *view, const struct frame *frame, struct layout *layout,
                      struct rect area) {
  struct pane_need needs[LAYOUT_PANES_MAX];
  for (size_t i = 0; i < view->pane_count; i++) {
    view->widths[i] = layout->rects[i].width - 2;
    view->rooms[i] = PANE_NORMAL;
    view->panes[i]->body = 0;
    build(view, frame, i);
    needs[i] = pane_need(view->panes[i], frame, view->widths[i]);
  }
  layout_rows(layout, area, needs, view->pane_count);
  if (awaits_answers(frame))
    layout_hold_drop(&view->hold);
  if (!layout->arranged)
    layout_settle(&view->hold, layout, area, needs, view->pane_count, frame->now_ms);
  for (size_t i = 0; i < view->pane_count; i++) {
    struct rect rect = layout->rects[i];
    unsigned look = layout->looks[i] | (i == view->focus ? PANE_FOCUSED : 0u);
    fit_room(view, frame, i, rect.height - 1 - (look & PANE_BOTTOM ? 1 : 0));
    pane_draw(view->panes[i], frame, rect, look);
  }
}

static void draw_single(struct view *view, const struct frame *frame, struct rect rect,
                        enum pane_room room) {
  view->widths[view->focus] = rect.width - 2;
  enum pane_room fits = room_of(rect.height - 2);
  view->rooms[view->focus] = fits < room && room != PANE_WIDE ? fits : room;
  view->panes[view->focus]->body = room == PANE_WIDE ? 0 : rect.height - 2;
  build(view, frame, view->focus);
  pane_draw(view->panes[view->focus], frame, rect,
            PANE_TOP | PANE_BOTTOM | PANE_FOCUSED | (room == PANE_WIDE ? PANE_ZOOMED : 0u));
}

static bool has_place(const struct layout_places *rows, size_t count, size_t pane) {
  for (size_t i = 0; i < count; i++)
    for (size_t c = 0; c < rows[i].count; c++)
      if (rows[i].panes[c] == pane)
        return true;
  return false;
}

static void place(struct layout_places *row, size_t pane, int weight) {
  row->panes[row->count] = pane;
  row->weights[row->count++] = weight;
}

/* As the configuration says. Panes that it does not name are in rows below: nothing is hidden.
 * False: it says nothing, or the screen is too small for it. */
static bool arrange(const struct view *view, const struct frame *frame, struct rect area,
                    struct layout *layout) {
  const struct config *config = frame->model->config;
  struct layout_places rows[LAYOUT_LINES_MAX + LAYOUT_PANES_MAX] = {0};
  size_t count = 0;
  for (size_t i = 0; i < config->layout_count; i++) {
    const struct layout_line *line = &config->layout[i];
    rows[count].weight = line->weight;
    for (size_t c = 0; c < line->count; c++)
      for (size_t p = 0; p < view->pane_count; p++)
        if (strcmp(view->panes[p]->id, line->cells[c].pane) == 0)
          place(&rows[count], p, line->cells[c].weight);
    count += rows[count].count > 0; /* panes without a target are not there */
  }
  if (count == 0)
    return false;
  const size_t named = count,
               most = area.width > 2 * LEFT_WIDTH ? (size_t)area.width / LEFT_WIDTH : 1;
  for (size_t p = 0; p < view->pane_count; p++) {
    if (has_place(rows, named, p))
      continue;
    if (count == named || rows[count - 1].count == most)
      rows[count++] = (struct layout_places){.weight = 1};
    place(&rows[count - 1], p, 1);
  }
  return layout_arrange(layout, area, rows, count);
}

static void draw_panes(struct view *view, const struct frame *frame, struct rect area) {
  struct layout layout;
  if (view->zoomed) {
    draw_single(view, frame, area, PANE_WIDE);
    return;
  }
  if (!arrange(view, frame, area, &layout))
    layout_columns(&layout, area, view->pane_count);
  if (!layout.tabs && !frame->canvas->bare) {
    draw_grid(view, frame, &layout, area);
    return;
  }
  header_draw_tabs(view, frame, area.y);
  area.y++;
  area.height--;
  draw_single(view, frame, area, PANE_NORMAL);
}

static void draw_findings(struct view *view, const struct frame *frame, struct rect area) {
  bool gone = false;
  view->listing_width = area.width - 2;
  pane_build(view->findings, frame, view->listing_width, PANE_WIDE, &gone);
  if (gone && !view->typing)
    view_notice(view, pane_selected(view->findings)
                          ? "The selected finding is resolved: the one next to it is selected"
                          : "The selected finding is resolved");
  pane_draw(view->findings, frame, area, PANE_TOP | PANE_BOTTOM | PANE_FOCUSED | PANE_ZOOMED);
}

static void draw_too_small(const struct view *view, const struct canvas *canvas,
                           struct canvas *out) {
  char quit[64];
  canvas_printf(out, 0, 0, canvas->width, STYLE_NOTICE, "%dx%d is too small", canvas->width,
                canvas->height);
  canvas_printf(out, 0, 1, canvas->width, STYLE_TEXT, "stacktop needs %dx%d", VIEW_WIDTH_LEAST,
                VIEW_HEIGHT_LEAST);
  view_text_keys(view, quit, sizeof quit, "{app-quit} quits");
  canvas_text(out, 0, 2, canvas->width, STYLE_TEXT, quit);
}

static void draw_page(struct view *view, const struct frame *frame, struct rect area) {
  switch (view->page) {
  case PAGE_PANES:
    if (view->opened_count > 0)
      view_pages_draw(view, frame, area);
    else if (view->listing)
      draw_findings(view, frame, area);
    else if (view->pane_count)
      draw_panes(view, frame, area);
    break;
  case PAGE_DETAIL:
    detail_draw(view, frame, area);
    break;
  case PAGE_CHART:
    chart_draw(view, frame, area);
    break;
  case PAGE_LIST:
    page_list_draw(view, frame, area);
    break;
  case PAGE_RUNBOOKS:
    runbook_list_draw(view, frame, area);
    break;
  case PAGE_RUNBOOK:
    runbook_page_draw(view, frame, area);
    break;
  case PAGE_LOG:
    view->log.paused = view->paused;
    log_view_draw(&view->log, frame, area);
    break;
  case PAGE_INCIDENT:
    incident_draw(view, frame, area);
    break;
  case PAGE_COLUMNS:
    columns_draw(view, frame, area);
    break;
  case PAGE_EVENTS:
    history_draw(view, frame, area);
    break;
  case PAGE_HELP:
    help_draw(view, frame, area);
    break;
  case PAGE_WALL: /* draws its own header */
    break;
  }
}

/* A page that has become shorter, or on a taller screen, is not scrolled beyond its end. */
static bool clamp_scroll(struct view *view) {
  int most = view->page_lines > view->page_height ? view->page_lines - view->page_height : 0;
  bool beyond = view->scroll > most;
  view->scroll = beyond ? most : view->scroll;
  return beyond;
}

static void draw_under(struct view *view, const struct frame *frame) {
  struct canvas *canvas = frame->canvas;
  if (view->page == PAGE_WALL) {
    view_wall_draw(view, frame);
    return;
  }
  int top = header_draw(view, frame);
  for (size_t i = 0; i < view->pane_count; i++)
    view->panes[i]->area.width = 0;
  struct rect area = {0, top, canvas->width, canvas->height - top - 1};
  draw_page(view, frame, area);
  if ((view->page == PAGE_DETAIL || view->page == PAGE_HELP || view->page == PAGE_INCIDENT ||
       view->page == PAGE_RUNBOOK) &&
      clamp_scroll(view)) {
    canvas_fill(canvas, area.x, area.y, area.width, area.height, STYLE_TEXT, ' ');
    draw_page(view, frame, area);
  }
}

/* Whether there is an action for the selection. */
static bool acts_now(const struct view *view, const struct frame *frame) {
  const struct action_spec *const *specs = frame->model->operations.specs;
  struct subject subject;
  if (!specs || !view_subject(view, frame, &subject))
    return false;
  const char *kind = frame->model->targets[subject.target_index].target->kind->kind;
  while (*specs && strcmp((*specs)->kind, kind) != 0)
    specs++;
  return *specs != NULL;
}

bool view_has_logs(const struct view *view, const struct frame *frame) {
  struct subject subject;
  return view->no_logs && view_subject(view, frame, &subject) && subject.key_count < 2 &&
         !view->no_logs(frame->model, &subject);
}

/* Operations continue while the panes are paused. */
static void draw_dialog(struct view *view, struct frame frame) {
  frame.now_ms = frame.clock_ms;
  hits_clear(&view->hits, frame.canvas->height); /* what is under it takes no clicks */
  dialog_draw(&view->dialog, &frame);
  dialog_draw_keys(&view->dialog, &frame, frame.canvas->height - 1);
}

void view_draw(struct view *view, const struct model *model, int64_t now_ms,
               struct canvas *canvas) {
  struct arena arena;
  canvas_clear(canvas);
  view_wall_sync(view, now_ms);
  view->listed = model->of_several;
  dialog_sync(&view->dialog, model, now_ms);
  view->dialog.seen = false;
  if (canvas->width < VIEW_WIDTH_LEAST || canvas->height < VIEW_HEIGHT_LEAST) {
    draw_too_small(view, canvas, canvas);
    return;
  }
  arena_init(&arena, FRAME_BYTES_MAX);
  struct frame frame = {.model = model,
                        .now_ms = view_now(view, now_ms),
                        .utc = view->utc,
                        .canvas = canvas,
                        .arena = &arena,
                        .clock_ms = now_ms,
                        .hits = &view->hits};
  hits_clear(&view->hits, canvas->height);
  view_sync_panes(view, model);
  focus_worst(view, model);
  view_runbooks_sync(view, model);
  draw_under(view, &frame);
  view->has_findings = worst_finding(model, NULL) != NULL;
  view->has_silenced = findings_count_quiet(model->findings, FINDING_SILENCED) > 0;
  view->acts = acts_now(view, &frame);
  view->has_logs = view_has_logs(view, &frame);
  view_pages_note(view, &frame);
  columns_note(view);
  if (view->alarm.open)
    alarm_form_draw(&view->alarm, &frame);
  if (dialog_is_open(&view->dialog))
    draw_dialog(view, frame);
  else if (!view->alarm.open)
    footer_draw(view, &frame, canvas->height - 1);
  for (size_t i = 0; i < view->pane_count; i++)
    pane_release(view->panes[i]);
  for (size_t i = 0; i < view->opened_count; i++)
    pane_release(view->opened[i]);
  pane_release(view->findings);
  arena_fini(&arena);
}

int64_t view_next_ms(const struct view *view, const struct model *model, int64_t now_ms) {
  /* The clock in the header; all ages on the screen count whole seconds, too. */
  bool held = view->paused && model->operations.lock != LOCK_UNLOCKED;
  const int64_t wall_ms = now_ms + model->wall_offset_ms;
  int64_t clock = held ? INT64_MAX : now_ms + CLOCK_MS - wall_ms % CLOCK_MS;
  int64_t dialog = dialog_next_ms(&view->dialog, model, now_ms);
  if (view->page == PAGE_LOG && log_view_busy(&view->log))
    return now_ms + 1;
  return dialog < clock ? dialog : clock;
}
