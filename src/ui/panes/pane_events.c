/* The event log, newest first. What a finding was before is not a line of its own: its newest event
 * says since when, or after how long it was resolved; the details have the others. */
#include "ui/panes/pane_list.h"

#include "core/map.h"
#include "core/text/text.h"
#include "ui/draw/widget.h"
#include "ui/table/table_view.h"

#include <stdint.h>
#include <string.h>

enum {
  NEED_MOST = 8,
  WRAP_BODY = 8, /* lines of a pane from which long sentences are wrapped, even if it is full */
  LINES_MAX = 4, /* of one event */
  TIME_CELLS = 8,
  PREFIX_CELLS = TIME_CELLS + 1 + MARK_CELLS + 1,
};

static void events_list(const struct model *model, struct pane_list *list) {
  (void)model;
  pane_wanted(list, "events", "Events");
}

static struct line *add_line(struct pane *pane, const struct event *event, int part) {
  struct line *line = pane_line(pane, LINE_EVENT);
  line->event = event;
  line->part = part;
  return line;
}

/* The rest of its sentence, on separate lines: at most `more`. */
static void wrap_event(struct pane *pane, const struct frame *frame, const struct event *event,
                       int width, size_t more) {
  char clean[EVENT_TEXT_MAX * 3];
  const char *text = pane->lines.items[pane->lines.count - 1].text;
  text_sanitize(clean, sizeof clean, text, strnlen(text, EVENT_TEXT_MAX),
                frame->canvas && frame->canvas->ascii);
  int room = width - PREFIX_CELLS - text_width(event->subject) - 1;
  const char *at = clean;
  const int lines = more < LINES_MAX ? (int)more + 1 : LINES_MAX;
  for (int part = 0; room > 0 && part < lines; part++) {
    struct line *line =
        part == 0 ? &pane->lines.items[pane->lines.count - 1] : add_line(pane, event, part);
    const size_t end = part + 1 < lines ? text_break(at, room) : strlen(at); /* it is cut */
    line->text = arena_text(frame->arena, at, end);
    at += end + strspn(at + end, " ");
    if (!*at)
      return;
    room = width - PREFIX_CELLS;
  }
}

static uint64_t hash_finding(const void *key) {
  return event_hash_finding(key);
}

static bool same_finding(const void *a, const void *b) {
  return event_same_finding(a, b);
}

static bool is_wanted(const struct pane *pane, const struct event *event) {
  return !*pane->filter || event_matches(event, pane->filter);
}

/* The newest wanted event of each finding, and how many there are. Free it with map_fini. */
static struct map newest_of_findings(const struct pane *pane, const struct frame *frame) {
  struct map newest = {.hash = hash_finding, .same = same_finding};
  const struct event *event;
  for (size_t age = 0; (event = events_get(&frame->model->events, age)); age++) {
    if (!event_same_finding(event, event) || !is_wanted(pane, event))
      continue;
    struct map_slot *slot = map_find(&newest, event);
    if (slot)
      slot->value++;
    else
      map_add(&newest, event, 1);
  }
  return newest;
}

/* What became worse, or began before it was seen, does not say itself since when. */
static const char *sentence_of(const struct frame *frame, const struct event *event, size_t count) {
  char since[FORMAT_MAX];
  if (event->topic != EVENT_BEGINS || (count < 2 && event_onset(event) == 0))
    return event->text;
  return arena_printf(frame->arena, "%s (since %s)", event->text,
                      frame_time(frame, since, event->since_ms));
}

/* The newest first; they share the spare lines for long sentences. */
static void add_events(struct pane *pane, const struct frame *frame, int width, size_t spare) {
  const struct event *event;
  struct map newest = newest_of_findings(pane, frame);
  pane->lines.count = 0;
  pane->filter_matches = pane->filter_total = 0;
  for (size_t age = 0; (event = events_get(&frame->model->events, age)); age++) {
    const struct map_slot *slot = map_find(&newest, event);
    if (slot && slot->key != event)
      continue;
    pane->filter_total++;
    if (!is_wanted(pane, event))
      continue;
    pane->filter_matches++;
    struct line *line = add_line(pane, event, 0);
    line->text = sentence_of(frame, event, slot ? slot->value : 1);
    line->selectable = true;
    line->key = arena_printf(frame->arena, "%lld %s %s", (long long)event->at_ms, event->subject,
                             event->text);
    const size_t before = pane->lines.count;
    if (spare > 0)
      wrap_event(pane, frame, event, width, spare);
    spare -= pane->lines.count - before;
  }
  map_fini(&newest);
}

/* Long sentences are wrapped where many events are visible anyway, otherwise as far as no other
 * event is hidden, the newest first. */
static void events_build(struct pane *pane, const struct frame *frame, int width,
                         enum pane_room room) {
  add_events(pane, frame, width, 0);
  const size_t body = pane->body > 0 ? (size_t)pane->body : NEED_MOST; /* 0: it says its need */
  if (room == PANE_WIDE || (pane->body > 0 && body >= WRAP_BODY))
    add_events(pane, frame, width, SIZE_MAX);
  else if (body > pane->lines.count)
    add_events(pane, frame, width, body - pane->lines.count);
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
                *pane->filter ? "no matching events" : "no events yet");
    return;
  }
  const struct event *event = line->event;
  if (line->part > 0) {
    canvas_text(canvas, x + PREFIX_CELLS, y, width - PREFIX_CELLS, STYLE_TEXT, line->text);
    return;
  }
  const unsigned style = event->change ? STYLE_INFO : style_of_severity(event->severity);
  const char *mark = event->change ? MARK_CHANGE : mark_of(event->severity);
  int at = canvas_text(canvas, x, y, width, STYLE_DIM, frame_time(frame, time, event->at_ms)) + 1;
  canvas_text(canvas, x + at, y, width - at, style | STYLE_STRONG,
              event->severity == SEVERITY_OK && !event->change ? "ok" : mark);
  at += MARK_CELLS + 1;
  at += canvas_text(canvas, x + at, y, width - at, style | STYLE_STRONG, event->subject) + 1;
  canvas_text(canvas, x + at, y, width - at, STYLE_TEXT, line->text);
}

const struct pane_class pane_events = {
    .id = "events",
    .need_most = NEED_MOST,
    .spreads = true,
    .list = events_list,
    .build = events_build,
    .verdict = events_verdict,
    .draw_line = events_draw_line,
};
