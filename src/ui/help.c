/* The help: the table of keys, and what the signs mean. */
#include "ui/view_keys.h"

#include "ui/widget.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_WIDTH = 17, NAMES_MAX = 64 };

static void put(struct view *view, const struct frame *frame, struct rect inside, unsigned style,
                const char *names, const char *text) {
  int y = inside.y + view->page_lines++ - view->scroll;
  if (y < inside.y || y >= inside.y + inside.height)
    return;
  canvas_text(frame->canvas, inside.x, y, NAMES_WIDTH, style, names);
  canvas_text(frame->canvas, inside.x + NAMES_WIDTH + 1, y, inside.width - NAMES_WIDTH - 1,
              STYLE_TEXT, text);
}

static bool is_repeated(const char *names, const char *name) {
  size_t length = strlen(name);
  for (const char *at = names; (at = strstr(at, name)); at += length)
    if ((at == names || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
      return true;
  return false;
}

static void put_keys(struct view *view, const struct frame *frame, struct rect inside) {
  for (size_t i = 0; i < view_binding_count;) {
    const char *help = view_bindings[i].help;
    char names[NAMES_MAX] = "";
    for (; i < view_binding_count && strcmp(view_bindings[i].help, help) == 0; i++) {
      size_t length = strlen(names);
      if (!is_repeated(names, view_bindings[i].name))
        snprintf(names + length, sizeof names - length, "%s%s", length ? " " : "",
                 view_bindings[i].name);
    }
    put(view, frame, inside, STYLE_KEY, names, help);
  }
}

static void put_signs(struct view *view, const struct frame *frame, struct rect inside) {
  static const enum severity severities[] = {SEVERITY_CRIT, SEVERITY_WARN, SEVERITY_UNKNOWN};
  static const char *const texts[] = {"critical", "warning",
                                      "not known: no answer, no right, or too old"};
  put(view, frame, inside, STYLE_LABEL, "", "");
  for (size_t i = 0; i < sizeof severities / sizeof *severities; i++)
    put(view, frame, inside, style_of_severity(severities[i]) | STYLE_STRONG,
        mark_of(severities[i]), texts[i]);
  put(view, frame, inside, STYLE_NOTICE, ":",
      "beyond a threshold, but not yet for as long as its rule asks");
  put(view, frame, inside, STYLE_UNKNOWN, "?", "in a cell: not known; the details say why");
  put(view, frame, inside, STYLE_DIM, "-", "in a cell: does not apply");
}

void help_draw(struct view *view, const struct frame *frame, struct rect area) {
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  canvas_text(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_TITLE | STYLE_STRONG,
              "[Help]");
  struct rect inside = {area.x + 2, area.y + 1, area.width - 4, area.height - 2};
  view->page_height = inside.height;
  view->page_lines = 0;
  put_keys(view, frame, inside);
  put_signs(view, frame, inside);
  if (view->page_lines > view->page_height)
    canvas_printf(frame->canvas, area.x + 8, area.y, area.width - 10, STYLE_DIM, " %d-%d/%d ",
                  view->scroll + 1,
                  view->scroll + (view->page_height < view->page_lines - view->scroll
                                      ? view->page_height
                                      : view->page_lines - view->scroll),
                  view->page_lines);
}
