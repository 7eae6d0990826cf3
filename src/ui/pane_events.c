/* The event log, newest first. */
#include "ui/pane.h"

#include "core/text.h"
#include "ui/table_view.h"
#include "ui/widget.h"

enum { NEED_MOST = 6 };

static void events_list(const struct model *model, struct pane_list *list) {
  (void)model;
  pane_wanted(list, "events", "Events");
}

static void events_build(struct pane *pane, const struct frame *frame, int width,
                         enum pane_room room) {
  (void)width;
  (void)room;
  const struct event *event;
  for (size_t age = 0; (event = events_get(&frame->model->events, age)); age++) {
    pane->filter_total++;
    if (*pane->filter && !text_contains(event->subject, pane->filter) &&
        !text_contains(event->text, pane->filter))
      continue;
    pane->filter_matches++;
    struct line *line = pane_line(pane, LINE_EVENT);
    line->selectable = true;
    line->event = event;
    line->key = arena_printf(frame->arena, "%lld %s %s", (long long)event->at_ms, event->subject,
                             event->text);
  }
  if (pane->lines.count == 0)
    pane_line(pane, LINE_EMPTY);
}

static void events_verdict(const struct pane *pane, const struct frame *frame,
                           struct pane_verdict *verdict) {
  (void)pane;
  (void)frame;
  *verdict = (struct pane_verdict){0};
}

static void events_draw_line(struct pane *pane, const struct frame *frame, const struct line *line,
                             int x, int y, int width) {
  struct canvas *canvas = frame->canvas;
  char time[FORMAT_MAX];
  if (!line->event) {
    canvas_text(canvas, x + 1, y, width - 1, STYLE_DIM,
                *pane->filter ? "no event matches" : "nothing has changed so far");
    return;
  }
  const struct event *event = line->event;
  unsigned style = style_of_severity(event->severity);
  int at = canvas_text(canvas, x, y, width, STYLE_DIM, frame_time(frame, time, event->at_ms)) + 1;
  canvas_text(canvas, x + at, y, width - at, style | STYLE_STRONG,
              event->severity == SEVERITY_OK ? "ok" : mark_of(event->severity));
  at += MARK_CELLS + 1;
  at += canvas_text(canvas, x + at, y, width - at, style, event->subject) + 1;
  canvas_text(canvas, x + at, y, width - at, STYLE_TEXT, event->text);
}

const struct pane_class pane_events = {
    .id = "events",
    .need_most = NEED_MOST,
    .list = events_list,
    .build = events_build,
    .verdict = events_verdict,
    .draw_line = events_draw_line,
};
