/* The page of a dialog and its box. */
#include "ui/dialog/dialog.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "ui/panes/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
  WIDTH_FULL = 84,  /* narrower screens are filled */
  WIDTH_MOST = 136, /* cells of a dialog on a wide screen */
  WIDTH_LEAST = 64,
  HEADER_HEIGHT = 16, /* lines of a screen from which its first one stays uncovered */
  MARGIN = 2,         /* cells of a wide screen left and right of it */
  FRAME_CELLS = 4,
  CLEAN_BYTES = PLAN_TEXT_MAX * 3, /* a byte that cannot be shown becomes three */
  TITLE_BYTES = 256,
  GAP = 2,
};

/* ---- the page */

static struct dialog_line *line_add(struct dialog_page *page, int cells) {
  struct dialog_lines *lines = page->lines;
  if (lines->count == lines->capacity) {
    lines->capacity = lines->capacity ? lines->capacity * 2 : 64;
    lines->items = mem_resize(lines->items, lines->capacity * sizeof *lines->items);
  }
  lines->widest = cells > lines->widest ? cells : lines->widest;
  struct dialog_line *line = &lines->items[lines->count++];
  *line = (struct dialog_line){0};
  return line;
}

void page_blank(struct dialog_page *page) {
  line_add(page, 0);
}

void page_item(struct dialog_page *page,
               void (*draw)(const struct dialog_page *, size_t, int, int, int), size_t item) {
  struct dialog_line *line = line_add(page, page->width);
  line->draw = draw;
  line->item = item;
}

static void clean_text(const struct dialog_page *page, char clean[CLEAN_BYTES], const char *text) {
  bool ascii = page->frame->canvas && page->frame->canvas->ascii;
  text_sanitize(clean, CLEAN_BYTES, text, strnlen(text, CLEAN_BYTES), ascii);
}

static void line_put(struct dialog_page *page, unsigned style, int indent, const char *left,
                     const char *text, size_t length) {
  const char *kept = arena_text(page->arena, text, length);
  struct dialog_line *line = line_add(page, indent + text_width(kept));
  line->style = style;
  line->indent = indent;
  line->text = kept;
  line->left = left;
}

void page_text(struct dialog_page *page, unsigned style, int indent, const char *left,
               const char *text) {
  char clean[CLEAN_BYTES];
  clean_text(page, clean, text);
  const char *at = clean;
  do {
    int width = page->width - indent;
    size_t length = width > 0 ? text_fit(at, width, NULL) : 0, end = length;
    while (at[length] && end > 0 && at[end] != ' ')
      end--;
    end = end > 0 ? end : length;
    line_put(page, style, indent, left, at, end);
    if (end == 0)
      return;
    indent += at == clean ? page->hang : 0;
    left = NULL;
    at += end;
    at += strspn(at, " ");
  } while (*at);
}

void page_printf(struct dialog_page *page, unsigned style, int indent, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *text = arena_vprintf(page->arena, format, args);
  va_end(args);
  page_text(page, style, indent, NULL, text);
}

void page_cut(struct dialog_page *page, unsigned style, int indent, const char *left,
              const char *text) {
  char clean[CLEAN_BYTES];
  clean_text(page, clean, text);
  /* one cell more than fits, so that the canvas shows that it was cut */
  line_put(page, style, indent, left, clean, text_fit(clean, page->width - indent + 1, NULL));
}

void page_select(struct dialog_page *page, size_t from) {
  page->dialog->selected_line = from;
  page->dialog->selected_lines = page->lines->count - from;
}

/* ---- the box */

static struct dialog_page page_of(struct dialog *dialog, const struct frame *frame, int width) {
  return (struct dialog_page){
      .frame = frame,
      .dialog = dialog,
      .operation = dialog->kind == DIALOG_MENU ? NULL : frame->model->operations.front,
      .lines = &dialog->lines,
      .arena = frame->arena,
      .width = width};
}

static int width_most(const struct canvas *canvas) {
  int width = canvas->width;
  if (width > WIDTH_FULL)
    width = width - 2 * MARGIN < WIDTH_MOST ? width - 2 * MARGIN : WIDTH_MOST;
  return width - FRAME_CELLS;
}

/* Lays the page out, unless it is kept and still fits. */
static void build_page(struct dialog_page *page) {
  struct dialog *dialog = page->dialog;
  const struct dialog_class *class = dialog_classes[dialog->kind];
  const bool ascii = page->frame->canvas->ascii;
  const bool unrecorded = page->operation && page->operation->unrecorded.kind != ERR_NONE;
  if (class->fixed && dialog->built_width == page->width && dialog->built_ascii == ascii &&
      dialog->built_unrecorded == unrecorded)
    return;
  dialog->lines.count = dialog->selected_lines = dialog->pinned = 0;
  dialog->lines.widest = 0;
  if (class->fixed) {
    arena_fini(&dialog->arena);
    arena_init(&dialog->arena, DIALOG_BYTES_MAX);
    page->arena = &dialog->arena;
    dialog->built_width = page->width;
    dialog->built_ascii = ascii;
    dialog->built_unrecorded = unrecorded;
  }
  class->build(page);
}

static void build_foot(struct dialog_page *foot) {
  struct dialog *dialog = foot->dialog;
  const struct dialog_class *class = dialog_classes[dialog->kind];
  dialog->foot.count = 0;
  dialog->foot.widest = 0;
  foot->lines = &dialog->foot;
  foot->arena = foot->frame->arena;
  if (class->foot)
    class->foot(foot);
}

struct part {
  unsigned style;
  const char *text;
};

enum { PARTS = 4 };

static const struct plan *plan_shown(const struct dialog_page *page) {
  bool shown = page->operation && page->dialog->kind == DIALOG_PLAN;
  return shown ? page->operation->plan : NULL;
}

/* The border's words; a warning has its own style. */
static void title_parts(const struct dialog_page *page, struct part parts[PARTS],
                        char title[TITLE_BYTES]) {
  const struct plan *plan = plan_shown(page);
  const struct model *model = page->frame->model;
  bool destructive = plan && plan->action->danger == DANGER_DESTRUCTIVE;
  dialog_classes[page->dialog->kind]->title(page, title, TITLE_BYTES);
  parts[0] = (struct part){STYLE_CRIT, destructive ? "DESTRUCTIVE" : ""};
  parts[1] = (struct part){STYLE_HEADER_PRODUCTION, plan && plan->production ? "PRODUCTION" : ""};
  parts[2] = (struct part){STYLE_HEADER, model->of_several ? model->config->name : ""};
  parts[3] = (struct part){STYLE_TITLE, title};
}

static int title_width(const struct dialog_page *page) {
  struct part parts[PARTS];
  char title[TITLE_BYTES];
  int width = 2;
  title_parts(page, parts, title);
  for (int i = 0; i < PARTS; i++)
    width += *parts[i].text ? text_width(parts[i].text) + (i < PARTS - 1) : 0;
  return width;
}

static unsigned border_style(const struct dialog_page *page) {
  const struct plan *plan = plan_shown(page);
  return plan && plan->action->danger == DANGER_DESTRUCTIVE ? STYLE_CRIT : STYLE_BORDER_FOCUSED;
}

static void draw_title(const struct dialog_page *page, struct rect box) {
  struct canvas *canvas = page->frame->canvas;
  struct part parts[PARTS];
  char title[TITLE_BYTES], position[48];
  int x = box.x + 1, end = box.x + box.width - 2;
  title_parts(page, parts, title);
  x += canvas_text(canvas, x, box.y, 1, STYLE_TITLE | STYLE_STRONG, "[");
  for (int i = 0; i < PARTS; i++) {
    if (!*parts[i].text)
      continue;
    x += canvas_text(canvas, x, box.y, end - x, parts[i].style | STYLE_STRONG, parts[i].text);
    if (i < PARTS - 1 && x < end)
      x += canvas_text(canvas, x, box.y, 1, STYLE_TITLE, " ");
  }
  canvas_text(canvas, x, box.y, 1, STYLE_TITLE | STYLE_STRONG, "]");
  const struct dialog *dialog = page->dialog;
  size_t moving = dialog->lines.count - dialog->pinned;
  if (moving <= (size_t)dialog->height)
    return;
  /* The position, at the lower border: any screen must show that there is more. */
  snprintf(position, sizeof position, " lines %d-%d of %zu ", dialog->scroll + 1,
           dialog->scroll + dialog->height, moving);
  canvas_text_right(canvas, box.x + 1, box.y + box.height - 1, box.width - 3, STYLE_NOTICE,
                    position);
}

/* As many lines as the page has, in the middle. The bottom line stays free for the keys, and where
 * there is room the header stays visible: it names the environment. */
static struct rect box_of(const struct canvas *canvas, int width, int lines) {
  struct rect box = {0, 0, width + FRAME_CELLS, lines + 2};
  int top = canvas->height >= HEADER_HEIGHT, room = canvas->height - 1 - top;
  if (box.height > room)
    box.height = room;
  box.x = (canvas->width - box.width) / 2;
  box.y = top + (room - box.height) / 2;
  return box;
}

/* The box is as wide as its content, and never gets narrower while it is open. */
static int box_width(struct dialog_page *page, int most) {
  struct dialog *dialog = page->dialog;
  int width = WIDTH_LEAST - FRAME_CELLS, title = title_width(page);
  width = dialog->width_held > width ? dialog->width_held : width;
  width = dialog->lines.widest > width ? dialog->lines.widest : width;
  width = dialog->foot.widest > width ? dialog->foot.widest : width;
  width = title > width ? title : width;
  const bool full = dialog_classes[dialog->kind]->full;
  width = full || most + FRAME_CELLS == page->frame->canvas->width || width > most ? most : width;
  dialog->width_held = width;
  return width;
}

static void fit_scroll(struct dialog *dialog) {
  int moving = (int)(dialog->lines.count - dialog->pinned);
  int most = moving > dialog->height ? moving - dialog->height : 0;
  if (dialog->follow && dialog->selected_lines > 0) {
    int first = (int)(dialog->selected_line - dialog->pinned);
    int last = first + (int)dialog->selected_lines - 1;
    if (dialog->scroll < last - dialog->height + 1)
      dialog->scroll = last - dialog->height + 1;
    if (dialog->scroll > first || dialog->selected == 0)
      dialog->scroll = dialog->selected == 0 && last < dialog->height ? 0 : first;
  }
  dialog->scroll = dialog->scroll > most ? most : dialog->scroll;
  dialog->scroll = dialog->scroll < 0 ? 0 : dialog->scroll;
}

static bool is_selected(const struct dialog_page *page, size_t index) {
  const struct dialog *dialog = page->dialog;
  return page->lines == &dialog->lines && dialog->selected_lines > 0 &&
         index >= dialog->selected_line && index - dialog->selected_line < dialog->selected_lines;
}

void page_choice(struct dialog_page *page, size_t from, size_t choice) {
  for (size_t i = from; i < page->lines->count; i++)
    page->lines->items[i].choice = choice + 1;
}

static void draw_line(const struct dialog_page *page, size_t index, int x, int y) {
  struct canvas *canvas = page->frame->canvas;
  const struct dialog_line *line = &page->lines->items[index];
  if (line->choice > 0)
    hit_add(page->frame, y, 1, 0, line->choice - 1);
  if (line->draw)
    line->draw(page, line->item, x, y, page->width);
  if (line->left)
    canvas_text(canvas, x, y, line->indent > 0 ? line->indent : page->width, STYLE_KEY, line->left);
  if (line->text)
    canvas_text(canvas, x + line->indent, y, page->width - line->indent, line->style, line->text);
  if (!is_selected(page, index))
    return;
  canvas_restyle(canvas, x - 1, y, page->width + 2, 1, STYLE_SELECTED);
  if (index == page->dialog->selected_line)
    canvas_glyph(canvas, x - 2, y, STYLE_BORDER_FOCUSED | STYLE_STRONG, "\xE2\x96\xBA", '>');
}

static void draw_lines(const struct dialog_page *page, struct rect box, int lines) {
  const struct dialog *dialog = page->dialog;
  size_t scroll = (size_t)dialog->scroll;
  for (size_t i = 0; i < (size_t)lines; i++) {
    size_t index = i < dialog->pinned ? i : i + scroll;
    if (index < page->lines->count)
      draw_line(page, index, box.x + 2, box.y + 1 + (int)i);
  }
}

/* If it does not fit, its end: that is where the typing happens. */
static void draw_foot(const struct dialog_page *foot, struct rect box, int lines) {
  size_t first = foot->lines->count - (size_t)lines;
  int y = box.y + box.height - 1 - lines;
  for (size_t i = 0; i < (size_t)lines; i++)
    draw_line(foot, first + i, box.x + 2, y + (int)i);
}

void dialog_draw(struct dialog *dialog, const struct frame *frame) {
  struct canvas *canvas = frame->canvas;
  int most = width_most(canvas);
  struct dialog_page page = page_of(dialog, frame, most), foot = page;
  build_page(&page);
  build_foot(&foot);
  page.width = foot.width = box_width(&page, most);
  int wanted = dialog_classes[dialog->kind]->full ? canvas->height : (int)dialog->lines.count,
      feet = (int)dialog->foot.count, rule = feet > 0;
  struct rect box = box_of(canvas, page.width, wanted + feet + rule);
  int inside = box.height - 2;
  if (feet + rule + 2 > inside)
    rule = 0;
  if (feet > inside - 1)
    feet = inside > 1 ? inside - 1 : 0;
  int lines = inside - feet - rule;
  if ((int)dialog->pinned >= lines)
    dialog->pinned = 0;
  dialog->height = lines - (int)dialog->pinned;
  dialog->seen = feet == (int)dialog->foot.count && lines > 0 && !dialog->arena.exhausted;
  fit_scroll(dialog);
  canvas_fill(canvas, box.x, box.y, box.width, box.height, STYLE_TEXT, ' ');
  canvas_box(canvas, box.x, box.y, box.width, box.height, border_style(&page));
  draw_title(&page, box);
  draw_lines(&page, box, lines);
  if (rule)
    canvas_rule(canvas, box.x + 1, box.y + 1 + lines, box.width - 2, STYLE_BORDER);
  draw_foot(&foot, box, feet);
  if (dialog->selected_lines == 0 && feet > 0) /* the question, and what is typed */
    canvas_cursor(canvas, box.x + 2, box.y + box.height - 2);
}

/* ---- the bottom line */

void dialog_draw_keys(struct dialog *dialog, const struct frame *frame, int y) {
  struct canvas *canvas = frame->canvas;
  const struct dialog_class *class = dialog_classes[dialog->kind];
  struct dialog_page page = page_of(dialog, frame, 0);
  int x = 1, end = canvas->width - 1;
  if (*dialog->notice) {
    canvas_text(canvas, x, y, end - x, STYLE_NOTICE | STYLE_STRONG, dialog->notice);
    return;
  }
  for (size_t i = 0; i < class->binding_count; i++) {
    const struct dialog_binding *binding = &class->bindings[i];
    if (!binding->words || (binding->offered && !binding->offered(&page)))
      continue;
    if (x + (int)strlen(binding->name) + 1 + (int)strlen(binding->words) > end)
      break;
    x += canvas_text(canvas, x, y, end - x, STYLE_KEY, binding->name) + 1;
    x += canvas_text(canvas, x, y, end - x, STYLE_TEXT, binding->words) + GAP;
  }
}
