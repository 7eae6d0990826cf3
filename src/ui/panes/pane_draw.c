#include "ui/panes/pane.h"

#include "core/mem.h"
#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>

enum {
  FOOT_BODY_LEAST = 4, /* lines inside from which a foot is shown */
  FOOT_LINES_ZOOMED = 4,
};

static unsigned border_style(unsigned look) {
  return look & PANE_FOCUSED ? STYLE_BORDER_FOCUSED : STYLE_BORDER;
}

static void draw_borders(struct canvas *canvas, struct rect rect, unsigned look) {
  unsigned style = border_style(look);
  int right = rect.x + rect.width - 1;
  int bottom = rect.y + rect.height - 1;
  canvas_rule(canvas, rect.x + 1, rect.y, rect.width - 2, style);
  canvas_glyph(canvas, rect.x, rect.y, style, look & PANE_TOP ? "\xE2\x94\x8C" : "\xE2\x94\x9C",
               '+');
  canvas_glyph(canvas, right, rect.y, style, look & PANE_TOP ? "\xE2\x94\x90" : "\xE2\x94\xA4",
               '+');
  for (int y = rect.y + 1; y <= bottom; y++) {
    canvas_glyph(canvas, rect.x, y, style, "\xE2\x94\x82", '|');
    canvas_glyph(canvas, right, y, style, "\xE2\x94\x82", '|');
  }
  if (!(look & PANE_BOTTOM))
    return;
  canvas_rule(canvas, rect.x + 1, bottom, rect.width - 2, style);
  canvas_glyph(canvas, rect.x, bottom, style, "\xE2\x94\x94", '+');
  canvas_glyph(canvas, right, bottom, style, "\xE2\x94\x98", '+');
}

/* One item of the title; returns the position of the next. An item that does not fit is dropped, so
 * that no word is cut. */
static int title_item(struct canvas *canvas, int x, int y, int end, unsigned style,
                      const char *text) {
  if (x + (int)strlen(text) > end)
    return x;
  return x + canvas_text(canvas, x, y, end - x, style, text);
}

static int draw_verdict(struct pane *pane, const struct frame *frame, int x, int y, int end,
                        unsigned look) {
  struct pane_verdict verdict = {0};
  char text[96];
  pane->class->verdict(pane, frame, &verdict);
  if (!*verdict.text && verdict.severity == SEVERITY_OK)
    return x;
  unsigned style = verdict.stale && verdict.severity == SEVERITY_OK
                       ? STYLE_STALE
                       : style_of_severity(verdict.severity);
  char mark[MARK_CELLS + 1];
  snprintf(mark, sizeof mark, "%.*s", (int)strcspn(mark_of(verdict.severity), " "),
           mark_of(verdict.severity));
  /* The title ends in a blank, but for the focused one's bracket. */
  snprintf(text, sizeof text, "%s%s%s%s ", look & PANE_FOCUSED ? " " : "", mark,
           *mark && *verdict.text ? " " : "", verdict.text);
  return title_item(frame->canvas, x, y, end, style | STYLE_STRONG, text);
}

static int draw_filter(const struct pane *pane, const struct frame *frame, int x, int y, int end) {
  char text[PANE_FILTER_MAX + 48];
  if (!*pane->filter)
    return x;
  snprintf(text, sizeof text, " /%s %zu of %zu ", pane->filter, pane->filter_matches,
           pane->filter_total);
  return title_item(frame->canvas, x, y, end, STYLE_NOTICE, text);
}

static int draw_marked(const struct pane *pane, const struct frame *frame, int x, int y, int end) {
  char text[32];
  if (pane->marks.count == 0)
    return x;
  snprintf(text, sizeof text, " %zu marked ", pane->marks.count);
  return title_item(frame->canvas, x, y, end, STYLE_NOTICE | STYLE_STRONG, text);
}

static void draw_title(struct pane *pane, const struct frame *frame, struct rect rect,
                       unsigned look, bool scrolls) {
  char text[PANE_TITLE_MAX + 16];
  int end = rect.x + rect.width - 1;
  bool focused = look & PANE_FOCUSED;
  if (pane->number > 0)
    snprintf(text, sizeof text, "%s%d %s%s", focused ? "[" : " ", pane->number, pane->title,
             focused ? "]" : " ");
  else
    snprintf(text, sizeof text, "%s%s%s", focused ? "[" : " ", pane->title, focused ? "]" : " ");
  int x = rect.x + 1;
  x += canvas_text(frame->canvas, x, rect.y, end - x,
                   STYLE_TITLE | (focused ? (unsigned)STYLE_STRONG : 0), text);
  x = draw_verdict(pane, frame, x, rect.y, end, look);
  x = draw_marked(pane, frame, x, rect.y, end);
  x = draw_filter(pane, frame, x, rect.y, end);
  /* One cell of the line is kept on either side, so that it still looks like a border. */
  if (pane->class->headline && end - x > 4)
    end -= pane->class->headline(pane, frame, end - 1, rect.y, end - x - 2) + 1;
  size_t total, position = pane_position(pane, &total);
  if (scrolls && total > 0) {
    snprintf(text, sizeof text, " %zu/%zu ", position, total);
    title_item(frame->canvas, x, rect.y, end, STYLE_DIM, text);
  }
}

static bool same_item(const struct pane *pane, size_t index) {
  const struct line *line = &pane->lines.items[index], *selected = pane_selected(pane);
  if (line == selected)
    return true;
  if (!selected || line->kind != selected->kind)
    return false;
  return (line->kind == LINE_SUMMARY && line->target_index == selected->target_index &&
          line->table == selected->table) ||
         (line->kind == LINE_EVENT && line->event == selected->event) ||
         (line->kind == LINE_FINDING && line->finding == selected->finding);
}

/* Scrolls as little as needed to make the selected line visible. */
static void scroll_follow(struct pane *pane, size_t region) {
  size_t moving = pane->lines.count - pane->pinned, index = pane->selection.index;
  size_t most = moving > region ? moving - region : 0;
  if (pane_selected(pane) && index >= pane->pinned) {
    size_t at = index - pane->pinned, last = at;
    while (index + (last - at) + 1 < pane->lines.count && last - at + 1 < region &&
           same_item(pane, index + (last - at) + 1))
      last++; /* all lines of an item are visible */
    bool first = true;
    for (size_t i = pane->pinned; i < index && first; i++)
      first = !pane->lines.items[i].selectable;
    if (first && at < region)
      pane->scroll = 0; /* the lines above the first one are visible too */
    else if (at < pane->scroll)
      pane->scroll = at;
    else if (region > 0 && last >= pane->scroll + region)
      pane->scroll = last - region + 1;
  }
  if (pane->scroll > most)
    pane->scroll = most;
}

static void draw_line(struct pane *pane, const struct frame *frame, size_t index, int x, int y,
                      int width, bool focused) {
  pane->class->draw_line(pane, frame, &pane->lines.items[index], x, y, width);
  if (!focused || !same_item(pane, index))
    return;
  canvas_restyle(frame->canvas, x, y, width, 1, STYLE_SELECTED);
  canvas_glyph(frame->canvas, x - 1, y, STYLE_BORDER_FOCUSED | STYLE_STRONG, "\xE2\x96\xBA", '>');
}

/* For the mouse: what is on the next line of the area. */
static void drawn_add(struct pane *pane, const struct line *line) {
  if (pane->drawn_count == pane->drawn_capacity) {
    pane->drawn_capacity = pane->drawn_capacity ? pane->drawn_capacity * 2 : 32;
    pane->drawn = mem_resize(pane->drawn, pane->drawn_capacity * sizeof *pane->drawn);
  }
  pane->drawn[pane->drawn_count++] = pane_line_identity(line);
}

void pane_draw(struct pane *pane, const struct frame *frame, struct rect rect, unsigned look) {
  int x = rect.x + 1, y = rect.y + 1, width = rect.width - 2;
  int body = rect.height - 1 - (look & PANE_BOTTOM ? 1 : 0);
  pane->area = rect;
  pane->drawn_count = 0;
  if (width < 1 || body < 0)
    return;
  draw_borders(frame->canvas, rect, look);
  int foot = 0;
  if (pane->class->foot && body >= FOOT_BODY_LEAST)
    foot = pane->class->foot(pane, frame, x, y + body, width,
                             look & PANE_ZOOMED ? FOOT_LINES_ZOOMED : 1);
  size_t room = (size_t)(body - foot);
  if (pane->pinned >= room)
    pane->pinned = 0;
  size_t region = room - pane->pinned;
  scroll_follow(pane, region);
  pane->page = (int)region;
  draw_title(pane, frame, rect, look, pane->lines.count > room);
  for (size_t i = 0; i < room; i++) {
    size_t index = i < pane->pinned ? i : i + pane->scroll;
    if (index >= pane->lines.count)
      break;
    draw_line(pane, frame, index, x, y + (int)i, width, look & PANE_FOCUSED);
    drawn_add(pane, &pane->lines.items[index]);
  }
  if (pane->class->fill && pane->lines.count < room && !frame->canvas->bare)
    pane->class->fill(pane, frame,
                      (struct rect){x + 1, y + (int)pane->lines.count, width - 2,
                                    (int)(room - pane->lines.count)},
                      look & PANE_ZOOMED);
}
