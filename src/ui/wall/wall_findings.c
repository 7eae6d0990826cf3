#include "ui/wall/wall_findings.h"

#include "core/text/text.h"
#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>

enum {
  OTHER_LINES = 2, /* of a finding that is not the worst */
  TEXT_MAX = 2048,
};

/* Those that count come first. */
static size_t count_of(const struct findings *findings) {
  size_t count = 0;
  while (count < findings->count && !findings->items[count].pending)
    count++;
  return count;
}

/* "!! api  refused: ..., since 14:03:12 (12m)". */
static void text_make(const struct frame *frame, const struct finding *finding,
                      char out[TEXT_MAX]) {
  char raw[TEXT_MAX], since[FORMAT_MAX], lasted[AGE_MAX];
  snprintf(raw, sizeof raw, "%.256s: %.1500s, since %s (%s)", finding->subject, finding->sentence,
           frame_time(frame, since, finding->since_ms),
           age_text(lasted, frame->now_ms - finding->since_ms));
  text_sanitize(out, TEXT_MAX, raw, strlen(raw), frame->canvas->ascii);
}

static int lines_of(const char *text, int width, int most) {
  int lines = 0;
  while (*text && lines < most) {
    text += text_break(text, width);
    text += strspn(text, " ");
    lines++;
  }
  return lines;
}

static int lines_needed(const struct frame *frame, size_t index, int width) {
  char text[TEXT_MAX];
  text_make(frame, &frame->model->findings->items[index], text);
  return lines_of(text, width, index == 0 ? 1 << 10 : OTHER_LINES);
}

/* Returns the lines that were drawn. */
static int finding_draw(const struct frame *frame, size_t index, struct rect area, int most) {
  enum { MARK = MARK_CELLS + 1 };
  const struct finding *finding = &frame->model->findings->items[index];
  const unsigned style = style_of_severity(finding->severity) | STYLE_STRONG;
  const int width = area.width - MARK;
  char text[TEXT_MAX], line[TEXT_MAX];
  text_make(frame, finding, text);
  canvas_text(frame->canvas, area.x, area.y, MARK_CELLS, style, mark_of(finding->severity));
  int lines = 0;
  for (const char *at = text; *at && lines < most; lines++) {
    const size_t bytes =
        lines + 1 == most ? strlen(at) : text_break(at, width); /* the rest is cut */
    snprintf(line, sizeof line, "%.*s", (int)bytes, at);
    canvas_text(frame->canvas, area.x + MARK, area.y + lines, width,
                index == 0 || lines == 0 ? style : STYLE_TEXT, line);
    at += bytes;
    at += strspn(at, " ");
  }
  return lines;
}

/* How many of those from `first` on fit. */
static size_t fit(const struct frame *frame, size_t first, size_t count, int width, int height) {
  size_t fits = 0;
  for (int used = 0; first + fits < count; fits++) {
    used += lines_needed(frame, first + fits, width);
    if (used > height)
      break;
  }
  return fits > 0 ? fits : 1;
}

/* The page of the moment: the first of it, and how many it has. */
static size_t page_of(const struct frame *frame, size_t count, int width, int height,
                      int64_t rotate_ms, size_t *fits) {
  size_t pages = 0, at;
  for (at = 1; at < count; at += fit(frame, at, count, width, height))
    pages++;
  const size_t page = pages > 0 ? (size_t)(frame->now_ms / rotate_ms) % pages : 0;
  at = 1;
  for (size_t i = 0; i < page; i++)
    at += fit(frame, at, count, width, height);
  *fits = fit(frame, at, count, width, height);
  return at;
}

static int others_draw(const struct frame *frame, struct rect area, size_t count,
                       int64_t rotate_ms) {
  enum { MARK = MARK_CELLS + 1, PAGED_MAX = 200 };
  const int width = area.width - MARK, height = area.height - 1;
  const size_t paged = count > PAGED_MAX ? PAGED_MAX : count; /* they are sorted: the worst */
  size_t fits;
  const size_t first = page_of(frame, paged, width, height, rotate_ms, &fits);
  int y = area.y;
  for (size_t i = first; i < first + fits && i < paged && y < area.y + height; i++) {
    const struct rect rest = {area.x, y, area.width, area.y + height - y};
    y += finding_draw(frame, i, rest, rest.height < OTHER_LINES ? rest.height : OTHER_LINES);
  }
  if (fits + 1 < count)
    canvas_printf(frame->canvas, area.x + MARK, y, area.width - MARK, STYLE_DIM,
                  "%zu-%zu of %zu findings, next in %ds", first + 1, first + fits, count,
                  (int)((rotate_ms - frame->now_ms % rotate_ms + 999) / 1000));
  return y - area.y + (fits + 1 < count);
}

int wall_findings_draw(const struct frame *frame, struct rect area, int64_t rotate_ms) {
  const size_t count = count_of(frame->model->findings);
  struct rect rest = {area.x + 2, area.y, area.width - 4, area.height};
  if (count == 0 || rest.width < 10)
    return 0;
  const int used = finding_draw(frame, 0, rest, rest.height);
  rest.y += used + 1;
  rest.height -= used + 1;
  if (count == 1 || rest.height < 2)
    return used < area.height ? used + 1 : used;
  return used + 2 + others_draw(frame, rest, count, rotate_ms);
}
