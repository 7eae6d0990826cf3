/* The page of the current incident: its head and its time line, the newest first. */
#include "core/text/text.h"
#include "ui/view/view_state.h"

#include <string.h>

/* Where the words of an entry begin: behind its time and its mark. */
enum { MARK_AT = 10, TEXT_AT = 20 };

struct page {
  struct view *view;
  const struct frame *frame;
  struct rect inside;
};

static unsigned style_of_line(const char *line) {
  static const struct {
    const char *mark;
    unsigned style;
  } marks[] = {
      {"CRIT", STYLE_CRIT},   {"WARN", STYLE_WARN}, {"UNKNOWN", STYLE_UNKNOWN}, {"OK", STYLE_OK},
      {"CHANGE", STYLE_INFO}, {"INFO", STYLE_DIM},  {"LIMIT", STYLE_WARN},
  };
  for (size_t i = 0; strlen(line) > MARK_AT && i < sizeof marks / sizeof *marks; i++)
    if (strncmp(line + MARK_AT, marks[i].mark, strlen(marks[i].mark)) == 0 && line[2] == ':')
      return marks[i].style;
  return STYLE_TEXT;
}

static void put_part(struct page *page, int indent, unsigned style, const char *text, size_t len) {
  const int y = page->view->page_lines++ - page->view->scroll;
  if (y < 0 || y >= page->inside.height)
    return;
  canvas_printf(page->frame->canvas, page->inside.x + indent, page->inside.y + y,
                page->inside.width - indent, style, "%.*s", (int)len, text);
}

/* At a blank if there is one in the second half. */
static size_t part_length(const char *text, int cells) {
  const size_t most = text_fit(text, cells, NULL);
  if (!text[most])
    return most;
  for (size_t at = most; at > most / 2; at--)
    if (text[at] == ' ')
      return at;
  return most;
}

static void put_line(struct page *page, const char *line) {
  const unsigned style = style_of_line(line);
  const int indent = page->inside.width > 2 * TEXT_AT ? TEXT_AT : 2;
  bool first = true;
  do {
    const int at = first ? 0 : indent;
    const size_t len = part_length(line, page->inside.width - at);
    put_part(page, at, style, line, len);
    line += len;
    line += strspn(line, " ");
    first = false;
    if (len == 0)
      break;
  } while (*line);
}

void incident_draw(struct view *view, const struct frame *frame, struct rect area) {
  const struct model *model = frame->model;
  struct page page = {view, frame, {area.x + 2, area.y + 1, area.width - 4, area.height - 2}};
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  canvas_text(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_TITLE | STYLE_STRONG,
              "[Incident]");
  view->page_height = page.inside.height;
  view->page_lines = 0;
  for (size_t i = 0; i < model->incident_line_count; i++)
    put_line(&page, model->incident_lines[i]);
  if (model->incident_line_count == 0)
    put_line(&page, "No incident is open. `:incident open P1 NAME` opens one.");
  if (view->page_lines > view->page_height)
    canvas_printf(frame->canvas, area.x + 13, area.y, area.width - 15, STYLE_DIM, " %d-%d/%d ",
                  view->scroll + 1,
                  view->scroll + (view->page_height < view->page_lines - view->scroll
                                      ? view->page_height
                                      : view->page_lines - view->scroll),
                  view->page_lines);
}
