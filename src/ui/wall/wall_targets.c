#include "ui/wall/wall_targets.h"

#include "core/text/text.h"
#include "ui/draw/widget.h"

#include <string.h>

enum { TITLE_WIDTH = 16, NAME_MOST = 24 };

static bool same_kind(const struct frame *frame, size_t a, size_t b) {
  return frame->model->targets[a].target->kind == frame->model->targets[b].target->kind;
}

/* Returns the cells; with its mark, so that it says what it means without a colour. */
static int name_draw(const struct frame *frame, size_t index, int x, int y, int most) {
  const struct target *target = frame->model->targets[index].target;
  const enum severity severity = model_target_severity(frame->model, index, frame->now_ms);
  const unsigned style =
      severity == SEVERITY_OK ? STYLE_DIM : style_of_severity(severity) | STYLE_STRONG;
  int used = 0;
  if (severity != SEVERITY_OK)
    used += canvas_text(frame->canvas, x, y, most, style, mark_of(severity));
  return used + canvas_text(frame->canvas, x + used, y,
                            most - used < NAME_MOST ? most - used : NAME_MOST, style, target->name);
}

static int name_width(const struct frame *frame, size_t index) {
  const int width = text_width(frame->model->targets[index].target->name);
  return (width < NAME_MOST ? width : NAME_MOST) + MARK_CELLS;
}

/* The targets of a kind on as many lines as they need; returns the line after them. */
static int kind_draw(const struct frame *frame, size_t first, size_t end, struct rect area, int y) {
  const int left = area.x + 2 + TITLE_WIDTH + 1, right = area.x + area.width - 2;
  int x = left;
  canvas_text(frame->canvas, area.x + 2, y, TITLE_WIDTH, STYLE_DIM,
              frame->model->targets[first].target->kind->title);
  for (size_t i = first; i < end; i++) {
    if (x > left && x + name_width(frame, i) > right) {
      x = left;
      y++;
    }
    if (y >= area.y + area.height)
      return y;
    x += name_draw(frame, i, x, y, right - x) + 2;
  }
  return y + 1;
}

void wall_targets_draw(const struct frame *frame, struct rect area) {
  int y = area.y + 1;
  for (size_t i = 0; i < frame->model->target_count && y < area.y + area.height;) {
    size_t end = i + 1;
    while (end < frame->model->target_count && same_kind(frame, i, end))
      end++;
    y = kind_draw(frame, i, end, area, y);
    i = end;
  }
}
