/* All details of a row, a target or an event. */
#include "core/mem.h"
#include "core/text/text.h"
#include "model/judge/finding_times.h"
#include "ui/draw/widget.h"
#include "ui/panes/pane_kind.h"
#include "ui/table/table_view.h"
#include "ui/view/view_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MOST = 5, TITLE_WIDTH = 16, VALUE_WIDTH = 22, SPARK_WIDTH = 24 };

void detail_fini(struct detail *detail) {
  free(detail->title);
  free(detail->label);
  free(detail->text);
  free(detail->earlier);
  free(detail->table);
  free(detail->key);
  *detail = (struct detail){0};
}

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

/* "14:03:15 ! lag 12,430, above 10,000" for each earlier event of the same finding, newest first.
 */
static char *earlier_of(const struct frame *frame, const struct event *about) {
  const struct event *event;
  const char *text = "";
  bool is_older = false;
  for (size_t age = 0; (event = events_get(&frame->model->events, age)); age++) {
    char time[FORMAT_MAX];
    if (is_older && event_same_finding(event, about))
      text = arena_printf(frame->arena, "%s%s %s %s\n", text, frame_time(frame, time, event->at_ms),
                          mark_of(event->severity), event->text);
    is_older |= event == about;
  }
  return mem_dup(text);
}

void detail_set(struct detail *detail, const struct frame *frame, const struct line *line) {
  char buffer[FORMAT_MAX];
  detail_fini(detail);
  if (line->event) {
    detail->of_event = true;
    detail->at_ms = line->event->at_ms;
    detail->since_ms = event_onset(line->event);
    detail->severity = line->event->severity;
    detail->change = line->event->change;
    detail->title = mem_dup(line->event->subject);
    detail->text = mem_dup(line->event->text);
    detail->earlier = earlier_of(frame, line->event);
    return;
  }
  const struct target *target = frame->model->targets[line->target_index].target;
  detail->target_index = line->target_index;
  detail->table = dup_or_null(line->table_id);
  detail->key = dup_or_null(line->key);
  const bool of_row = line_has_row(line);
  const char *label =
      of_row ? frame_value(frame, buffer, line->row.row->cells[0], &line->table->spec->columns[0])
             : target->name;
  detail->label = of_row ? mem_dup(label) : NULL;
  const char *kind = pane_kind_word(frame, line->target_index);
  if (strcmp(label, target->name) == 0)
    detail->title = mem_printf("%s%s", kind, label);
  else
    detail->title = mem_printf("%s%s %s", kind, target->name, label);
}

/* Where the next line goes. */
struct page {
  struct view *view;
  const struct frame *frame;
  struct rect inside;
};

/* The place of the page's next line; false when it is scrolled out of sight. */
static bool next_line(struct page *page, int *y) {
  *y = page->inside.y + page->view->page_lines++ - page->view->scroll;
  return *y >= page->inside.y && *y < page->inside.y + page->inside.height;
}

/* A text over as many lines as it needs, broken at blanks. */
static void put_text(struct page *page, unsigned style, int indent, const char *text) {
  char clean[SAMPLE_TEXT_MAX * 3]; /* a byte that is no text becomes three */
  text_sanitize(clean, sizeof clean, text, strnlen(text, SAMPLE_TEXT_MAX),
                page->frame->canvas->ascii);
  int width = page->inside.width - indent;
  for (const char *at = clean; *at && width > 0;) {
    const size_t end = text_break(at, width);
    if (end == 0)
      return;
    int y;
    if (next_line(page, &y))
      canvas_printf(page->frame->canvas, page->inside.x + indent, y, width, style, "%.*s", (int)end,
                    at);
    at += end;
    at += strspn(at, " ");
  }
}

static void put_blank(struct page *page) {
  int y;
  next_line(page, &y);
}

/* "title  value  meaning". A longer title has a line of its own. A longer value gets the rest of
 * the line, or separate lines, and its meaning is below it. */
static void put_pair(struct page *page, const char *title, unsigned style, const char *value,
                     const char *help) {
  struct canvas *canvas = page->frame->canvas;
  const int indent = TITLE_WIDTH + 1;
  int y, x = page->inside.x, room = page->inside.width - indent, width = text_width(value);
  const bool is_long = text_width(title) > TITLE_WIDTH;
  if (is_long)
    put_text(page, STYLE_LABEL, 0, title);
  bool seen = next_line(page, &y);
  if (seen && !is_long)
    canvas_text(canvas, x, y, TITLE_WIDTH, STYLE_LABEL, title);
  if (width > room) {
    page->view->page_lines--; /* the text begins beside the title */
    put_text(page, style, indent, value);
  } else if (seen) {
    canvas_text(canvas, x + indent, y, room, style, value);
  }
  if (!help)
    return;
  if (width > VALUE_WIDTH || room < VALUE_WIDTH + 1 + text_width(help))
    put_text(page, STYLE_DIM, indent, help);
  else if (seen)
    canvas_text(canvas, x + indent + VALUE_WIDTH + 1, y, room - VALUE_WIDTH - 1, STYLE_DIM, help);
}

/* "warns above 10,000, critical above 20,000, when it holds for 5m" */
static void put_threshold(struct page *page, size_t target_index,
                          const struct column_spec *column) {
  const struct threshold *threshold = model_threshold(page->frame->model, target_index, column);
  char warn[FORMAT_MAX] = "", crit[FORMAT_MAX] = "", wait[FORMAT_MAX] = "", text[256];
  if (!threshold)
    return;
  const char *side = threshold->below ? "below" : "above";
  format_limit(warn, sizeof warn, threshold->warn, column->unit);
  format_limit(crit, sizeof crit, threshold->crit, column->unit);
  format_duration(wait, sizeof wait, (double)threshold->for_ms / 1000);
  snprintf(text, sizeof text, "%s%s%s%s%s%s%s%s%s%s", threshold->has_warn ? "warning " : "",
           threshold->has_warn ? side : "", threshold->has_warn ? " " : "",
           threshold->has_warn ? warn : "", threshold->has_warn && threshold->has_crit ? ", " : "",
           threshold->has_crit ? "critical " : "", threshold->has_crit ? side : "",
           threshold->has_crit ? " " : "", threshold->has_crit ? crit : "",
           threshold->for_ms > 0 ? ", for at least " : "");
  size_t length = strlen(text);
  snprintf(text + length, sizeof text - length, "%s", threshold->for_ms > 0 ? wait : "");
  put_text(page, STYLE_DIM, TITLE_WIDTH + 1, text);
}

static void put_finding(struct page *page, const struct finding *finding) {
  char since[FORMAT_MAX], times[FINDING_TIMES_MAX];
  const struct frame *frame = page->frame;
  bool pending = finding->pending;
  unsigned style = pending ? (unsigned)STYLE_NOTICE : style_of_severity(finding->severity);
  int y = page->inside.y + page->view->page_lines - page->view->scroll;
  if (y >= page->inside.y && y < page->inside.y + page->inside.height)
    canvas_text(frame->canvas, page->inside.x, y, MARK_CELLS, style | STYLE_STRONG,
                pending ? ":" : mark_of(finding->severity));
  put_text(page, style, ROW_MARK_CELLS,
           arena_printf(frame->arena, "%s since %s%s%s", finding->sentence,
                        frame_time(frame, since, finding->since_ms),
                        finding_times_text(times, finding, frame->model, frame->now_ms, frame->utc),
                        pending ? " (pending)" : ""));
  if (finding->quiet)
    put_text(page, STYLE_DIM, ROW_MARK_CELLS,
             arena_printf(
                 frame->arena, "%s by %s until %s: %s",
                 finding->quiet == FINDING_ACKNOWLEDGED ? "acknowledged" : "silenced",
                 finding->quiet_who,
                 frame_time(frame, since, finding->quiet_until_ms - frame->model->wall_offset_ms),
                 finding->quiet_reason));
}

static bool same(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

static void put_findings(struct page *page, const struct detail *detail) {
  const struct findings *findings = page->frame->model->findings;
  bool any = false;
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    bool about = finding->target_index == detail->target_index &&
                 (!finding->table || !detail->table ||
                  (same(finding->table, detail->table) &&
                   (!finding->row || same(finding->row, detail->key))));
    if (!about)
      continue;
    put_finding(page, finding);
    any = true;
  }
  if (any)
    put_blank(page);
}

static void put_history(struct page *page, const struct table_row *row, size_t column) {
  const struct history_ring *ring =
      history_find(page->frame->model->targets[row->target_index].history, row->table,
                   row->row->row->key, column);
  int y;
  bool known = false;
  for (size_t i = 0; ring && i < ring->count; i++)
    known = known || !isnan(history_value(ring, i));
  if (!known || ring->count < 2 || !next_line(page, &y))
    return;
  int at = page->inside.x + TITLE_WIDTH + 1;
  widget_spark(page->frame->canvas, at, y, SPARK_WIDTH, row->stale ? STYLE_STALE : STYLE_SPARK,
               ring);
  canvas_printf(page->frame->canvas, at + SPARK_WIDTH + 2, y,
                page->inside.x + page->inside.width - at - SPARK_WIDTH - 2, STYLE_DIM,
                "last %d samples", (int)ring->count);
}

static void put_cells(struct page *page, const struct table_row *row) {
  for (size_t i = 0; i < row->spec->column_count; i++) {
    const struct column_spec *column = &row->spec->columns[i];
    struct value value = row->row->row->cells[i];
    char buffer[FORMAT_MAX], window[FORMAT_MAX], why[128];
    const uint16_t from_s = value.from_s;
    value.from_s = 0; /* in words here */
    const char *text = frame_value(page->frame, buffer, value, column);
    if (from_s > 0)
      text = arena_printf(page->frame->arena, "%s, from %s", text,
                          format_window(window, sizeof window, from_s));
    if (value.type == VALUE_NONE && value.text) {
      /* The reason stands in for the value here. */
      snprintf(why, sizeof why, "? %s", value.text);
      put_pair(page, column->title, STYLE_UNKNOWN, why, column->help);
      continue;
    }
    put_pair(page, column->title, table_cell_style(page->frame, row, i), text, column->help);
    if (value.type != VALUE_NONE)
      put_threshold(page, row->target_index, column);
    if (column->flags & (COLUMN_HISTORY | COLUMN_SPARK))
      put_history(page, row, i);
  }
}

static void put_notes(struct page *page, const struct target_state *state) {
  for (size_t i = 0; state->sample && i < state->sample->note_count; i++) {
    const struct note *note = &state->sample->notes[i];
    unsigned style = STYLE_UNKNOWN;
    if (note->severity != SEVERITY_OK)
      style = style_of_severity(note->severity);
    put_text(page, style, 0, note->text);
  }
}

static void put_target(struct page *page, const struct detail *detail) {
  const struct frame *frame = page->frame;
  const struct target_state *state = &frame->model->targets[detail->target_index];
  char state_text[64], time[FORMAT_MAX], number[FORMAT_MAX];
  put_blank(page);
  pane_kind_state(frame, detail->target_index, state_text, sizeof state_text);
  enum severity severity = model_target_severity(frame->model, detail->target_index, frame->now_ms);
  put_pair(page, "TARGET", STYLE_TITLE, state->target->name, state->target->kind->title);
  if (!state->page)
    put_pair(page, "STATE", style_of_severity(severity),
             *state_text ? state_text : word_of(severity),
             "ok, down, stale, waiting, or the worst finding");
  else if (*state_text)
    put_pair(page, "STATE", style_of_severity(severity), state_text,
             "of the page: waiting, stale or not available");
  if (state->err.kind != ERR_NONE)
    put_text(page, STYLE_CRIT, TITLE_WIDTH + 1, state->err.text);
  if (!state->sample)
    return;
  if (state->sample->server)
    put_pair(page, "SERVER", STYLE_TEXT, state->sample->server, "server that answered");
  if (state->sample->address)
    put_pair(page, "ADDRESS", STYLE_TEXT, state->sample->address, "address that answered");
  put_pair(page, "AS OF", STYLE_TEXT, frame_time(frame, time, state->sample->taken_ms),
           "time at which the collection finished");
  put_pair(page, "COST", STYLE_TEXT,
           format_duration(number, sizeof number, (double)state->sample->cost_us / 1e6),
           "duration of the collection");
  put_pair(page, "REQUESTS", STYLE_TEXT,
           format_count(number, sizeof number, state->sample->requests),
           "requests sent for the collection");
  put_notes(page, state);
}

static void put_row(struct page *page, const struct detail *detail) {
  const struct target_state *state = &page->frame->model->targets[detail->target_index];
  if (!detail->table)
    return;
  const struct table *table =
      state->sample ? sample_table_view(state->sample, detail->table) : NULL;
  const struct row *data = table && detail->key ? table_find(table, detail->key) : NULL;
  if (!data) {
    put_text(page, STYLE_NOTICE, 0, "This row is gone: it is not in the latest data.");
    return;
  }
  struct ordered_row ordered = {.row = data, .root = data};
  for (const struct row *up = data; up && up->parent; up = table_find(table, up->parent)) {
    const struct row *parent = table_find(table, up->parent);
    if (!parent || parent >= up)
      break;
    ordered.root = parent;
  }
  struct table_row row = {.target_index = detail->target_index,
                          .table = (size_t)(table - state->sample->tables),
                          .spec = table->spec,
                          .row = &ordered,
                          .stale =
                              target_state_condition(state, page->frame->now_ms) != TARGET_LIVE};
  put_cells(page, &row);
}

/* Whether the event is about the row, or about its target as a whole. */
static bool is_about(const struct event *event, const struct detail *detail, const char *target) {
  char subject[SAMPLE_TEXT_MAX];
  if (strcmp(event->subject, target) == 0)
    return true;
  if (!detail->label)
    return strncmp(event->subject, target, strlen(target)) == 0 &&
           event->subject[strlen(target)] == ' ';
  snprintf(subject, sizeof subject, "%s %s", target, detail->label);
  return strcmp(event->subject, subject) == 0;
}

/* The newest ones, each whole. */
static void put_events(struct page *page, const struct detail *detail) {
  const struct frame *frame = page->frame;
  const struct event *event;
  const char *target = frame->model->targets[detail->target_index].target->name;
  char time[FORMAT_MAX], head[64];
  size_t shown = 0;
  for (size_t age = 0; shown < EVENTS_MOST && (event = events_get(&frame->model->events, age));
       age++) {
    if (!is_about(event, detail, target))
      continue;
    if (shown++ == 0)
      put_blank(page);
    snprintf(head, sizeof head, "%s", shown == 1 ? "EVENTS" : "");
    put_pair(page, head, event->change ? STYLE_INFO : style_of_severity(event->severity),
             arena_printf(frame->arena, "%s %s %s %s", frame_time(frame, time, event->at_ms),
                          event->severity == SEVERITY_OK && !event->change ? "ok"
                          : event->change                                  ? MARK_CHANGE
                                          : mark_of(event->severity),
                          event->subject, event->text),
             NULL);
  }
}

static void put_time(struct page *page, const char *title, int64_t ms, const char *help) {
  char time[FORMAT_MAX];
  put_pair(page, title, STYLE_TEXT,
           format_time(time, sizeof time, ms + page->frame->model->wall_offset_ms, page->frame->utc,
                       true),
           help);
}

static void put_event(struct page *page, const struct detail *detail) {
  put_time(page, "SEEN", detail->at_ms, "when stacktop saw it");
  if (detail->since_ms)
    put_time(page, "SINCE", detail->since_ms, "onset of the finding");
  if (detail->change)
    put_pair(page, "SEVERITY", STYLE_INFO, "INFO", "a change, neither good nor bad");
  else
    put_pair(page, "SEVERITY", style_of_severity(detail->severity), word_of(detail->severity),
             NULL);
  put_blank(page);
  put_text(page, STYLE_TEXT, 0, detail->text);
  const char *at = detail->earlier;
  if (*at)
    put_blank(page);
  for (const char *title = "BEFORE"; *at; title = "", at += strcspn(at, "\n") + 1)
    put_pair(page, title, STYLE_TEXT,
             arena_printf(page->frame->arena, "%.*s", (int)strcspn(at, "\n"), at), NULL);
}

void detail_draw(struct view *view, const struct frame *frame, struct rect area) {
  const struct detail *detail = &view->detail;
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  canvas_printf(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_TITLE | STYLE_STRONG,
                "[%s]", detail->title ? detail->title : "");
  struct page page = {view, frame, {area.x + 2, area.y + 1, area.width - 4, area.height - 2}};
  view->page_height = page.inside.height;
  view->page_lines = 0;
  if (detail->of_event) {
    put_event(&page, detail);
  } else if (detail->target_index < model_state_count(frame->model)) {
    put_findings(&page, detail);
    put_row(&page, detail);
    put_events(&page, detail);
    put_target(&page, detail);
  }
  if (view->page_lines > view->page_height)
    canvas_printf(frame->canvas, area.x + area.width - 14, area.y, 12, STYLE_DIM, " %d/%d ",
                  view->scroll + page.inside.height < view->page_lines
                      ? view->scroll + page.inside.height
                      : view->page_lines,
                  view->page_lines);
}
