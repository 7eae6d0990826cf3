#include "ui/dialog.h"

#include "core/mem.h"
#include "core/text.h"
#include "ui/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  WIDTH_MOST = 104,  /* cells of a dialog on a wide screen */
  WIDTH_FULL = 84,   /* screens up to this wide are taken whole */
  MARGIN = 2,        /* cells of a wide screen left and right of it */
  TICK_MS = 1000,    /* ages count seconds */
  PROGRESS_MS = 250, /* while something is under way */
  CLEAN_BYTES = PLAN_TEXT_MAX,
};

/* ---- what it is about */

static void forget_checked(struct dialog *dialog) {
  for (size_t i = 0; i < dialog->checked_count; i++)
    free(dialog->checked[i]);
  free(dialog->checked);
  dialog->checked = NULL;
  dialog->checked_count = 0;
}

void dialog_fini(struct dialog *dialog) {
  forget_checked(dialog);
}

static enum dialog_kind kind_of(const struct operations *operations) {
  static const enum dialog_kind kinds[] = {
      [OPERATION_FORM] = DIALOG_FORM,     [OPERATION_SURVEY] = DIALOG_SURVEY,
      [OPERATION_CHOICE] = DIALOG_CHOICE, [OPERATION_PLAN] = DIALOG_PLAN,
      [OPERATION_INTENT] = DIALOG_RUN,    [OPERATION_EXECUTE] = DIALOG_RUN,
      [OPERATION_VERIFY] = DIALOG_RUN,    [OPERATION_OUTCOME] = DIALOG_RUN,
      [OPERATION_ENDED] = DIALOG_END,
  };
  if (operations->menu)
    return DIALOG_MENU;
  return operations->front ? kinds[operations->front->phase] : DIALOG_NONE;
}

static void preset_fields(struct dialog *dialog, const struct operation *operation) {
  for (size_t i = 0; i < operation->action->param_count && i < DIALOG_FIELDS_MAX; i++)
    snprintf(dialog->fields[i], DIALOG_TEXT_MAX, "%s",
             operation->texts && operation->texts[i] ? operation->texts[i] : "");
}

void dialog_sync(struct dialog *dialog, const struct model *model, int64_t now_ms) {
  const struct operations *operations = &model->operations;
  enum dialog_kind kind = kind_of(operations);
  uint32_t operation = operations->menu || !operations->front ? 0 : operations->front->id;
  int64_t began = operation ? operations->front->phase_ms : 0;
  bool same_phase = kind == DIALOG_RUN || kind == DIALOG_MENU || began == dialog->phase_ms;
  if (kind == dialog->kind && operation == dialog->operation && same_phase)
    return;
  forget_checked(dialog);
  *dialog = (struct dialog){.kind = kind,
                            .operation = operation,
                            .phase_ms = began,
                            .opened_ms = now_ms,
                            .key_ms = now_ms,
                            .follow = true};
  if (kind == DIALOG_FORM)
    preset_fields(dialog, operations->front);
}

static const struct dialog_class *class_of(const struct dialog *dialog) {
  static const struct dialog_class *const classes[] = {
      [DIALOG_MENU] = &dialog_menu,     [DIALOG_FORM] = &dialog_form,
      [DIALOG_SURVEY] = &dialog_survey, [DIALOG_CHOICE] = &dialog_choice,
      [DIALOG_PLAN] = &dialog_plan,     [DIALOG_RUN] = &dialog_run,
      [DIALOG_END] = &dialog_end,
  };
  return classes[dialog->kind];
}

void dialog_say(struct dialog *dialog, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(dialog->notice, sizeof dialog->notice, format, args);
  va_end(args);
}

bool dialog_checked(const struct dialog *dialog, const char *key) {
  for (size_t i = 0; i < dialog->checked_count; i++)
    if (strcmp(dialog->checked[i], key) == 0)
      return true;
  return false;
}

void dialog_check(struct dialog *dialog, const char *key, bool checked) {
  for (size_t i = 0; i < dialog->checked_count; i++) {
    if (strcmp(dialog->checked[i], key) != 0)
      continue;
    if (!checked) {
      free(dialog->checked[i]);
      memmove(&dialog->checked[i], &dialog->checked[i + 1],
              (dialog->checked_count - i - 1) * sizeof *dialog->checked);
      dialog->checked_count--;
    }
    return;
  }
  if (!checked)
    return;
  dialog->checked =
      mem_resize(dialog->checked, (dialog->checked_count + 1) * sizeof *dialog->checked);
  dialog->checked[dialog->checked_count++] = mem_dup(key);
}

/* ---- the page */

static struct dialog_line *page_line(struct dialog_page *page) {
  static const size_t most = DIALOG_LINES_MAX;
  if (!page->lines)
    page->lines = arena_alloc(page->frame->arena, most * sizeof *page->lines);
  if (!page->lines || page->count == most)
    return NULL;
  page->lines[page->count] = (struct dialog_line){0};
  return &page->lines[page->count++];
}

void page_blank(struct dialog_page *page) {
  page_line(page);
}

void page_text(struct dialog_page *page, unsigned style, int indent, const char *left,
               const char *text) {
  char clean[CLEAN_BYTES];
  bool ascii = page->frame->canvas && page->frame->canvas->ascii;
  text_sanitize(clean, sizeof clean, text, strnlen(text, sizeof clean), ascii);
  int width = page->width - indent;
  const char *at = clean;
  do {
    size_t length = text_fit(at, width, NULL), end = length;
    while (at[length] && end > 0 && at[end] != ' ')
      end--;
    end = end > 0 ? end : length;
    struct dialog_line *line = width > 0 ? page_line(page) : NULL;
    if (!line)
      return;
    *line = (struct dialog_line){.style = style,
                                 .indent = indent,
                                 .text = arena_text(page->frame->arena, at, end),
                                 .left = left};
    left = NULL;
    if (end == 0)
      return;
    at += end;
    at += strspn(at, " ");
  } while (*at);
}

void page_printf(struct dialog_page *page, unsigned style, int indent, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *text = arena_vprintf(page->frame->arena, format, args);
  va_end(args);
  page_text(page, style, indent, NULL, text);
}

void page_select(struct dialog_page *page, size_t from) {
  for (size_t i = from; i < page->count; i++)
    page->lines[i].selected = true;
  page->dialog->selected_line = (int)from;
  page->dialog->selected_lines = (int)(page->count - from);
}

/* ---- drawing */

static void draw_line(const struct frame *frame, const struct dialog_line *line, int x, int y,
                      int width) {
  struct canvas *canvas = frame->canvas;
  unsigned selected = line->selected ? (unsigned)STYLE_SELECTED : 0;
  if (line->left)
    canvas_text(canvas, x, y, line->indent > 0 ? line->indent : width, STYLE_KEY | selected,
                line->left);
  if (line->text)
    canvas_text(canvas, x + line->indent, y, width - line->indent, line->style, line->text);
  if (selected)
    canvas_restyle(canvas, x - 1, y, width + 2, 1, STYLE_SELECTED);
}

static void clamp_scroll(struct dialog *dialog) {
  int most = dialog->lines > dialog->height ? dialog->lines - dialog->height : 0;
  if (dialog->follow && dialog->selected_lines > 0) {
    int last = dialog->selected_line + dialog->selected_lines - 1;
    if (dialog->scroll < last - dialog->height + 1)
      dialog->scroll = last - dialog->height + 1;
    if (dialog->scroll > dialog->selected_line)
      dialog->scroll = dialog->selected_line;
  }
  dialog->scroll = dialog->scroll > most ? most : dialog->scroll;
  dialog->scroll = dialog->scroll < 0 ? 0 : dialog->scroll;
}

static unsigned border_style(const struct dialog_page *page) {
  const struct operation *operation = page->operation;
  bool destructive = operation && operation->action->danger == DANGER_DESTRUCTIVE &&
                     page->dialog->kind == DIALOG_PLAN;
  return destructive ? STYLE_CRIT : STYLE_BORDER_FOCUSED;
}

static void draw_title(const struct dialog_page *page, const struct dialog_class *class,
                       struct rect box) {
  char title[256] = "";
  struct canvas *canvas = page->frame->canvas;
  unsigned style = border_style(page);
  class->title(page, title, sizeof title);
  int x = box.x + 2;
  x += canvas_text(canvas, x, box.y, box.width - 4,
                   style == STYLE_CRIT ? style | STYLE_STRONG : STYLE_TITLE | STYLE_STRONG, "[");
  x += canvas_text(canvas, x, box.y, box.width - (x - box.x) - 3,
                   style == STYLE_CRIT ? style | STYLE_STRONG : STYLE_TITLE | STYLE_STRONG, title);
  canvas_text(canvas, x, box.y, 1,
              style == STYLE_CRIT ? style | STYLE_STRONG : STYLE_TITLE | STYLE_STRONG, "]");
  if (page->dialog->lines > page->dialog->height) {
    char position[40];
    int last = page->dialog->scroll + page->dialog->height;
    snprintf(position, sizeof position, " %d-%d of %d ", page->dialog->scroll + 1,
             last < page->dialog->lines ? last : page->dialog->lines, page->dialog->lines);
    int width = (int)strlen(position);
    if (x + 2 + width < box.x + box.width)
      canvas_text(canvas, box.x + box.width - 2 - width, box.y, width, STYLE_NOTICE, position);
  }
}

static struct rect box_of(const struct canvas *canvas, int lines) {
  struct rect box = {0, 0, canvas->width, lines + 2};
  if (canvas->width > WIDTH_FULL) {
    box.width = canvas->width - 2 * MARGIN < WIDTH_MOST ? canvas->width - 2 * MARGIN : WIDTH_MOST;
    box.x = (canvas->width - box.width) / 2;
  }
  if (box.height > canvas->height - 1)
    box.height = canvas->height - 1;
  box.y = (canvas->height - box.height) / 2;
  return box;
}

static int dialog_width(const struct canvas *canvas) {
  return box_of(canvas, 1).width - 4;
}

/* The foot: what does not scroll, a notice, the keys. */
static void build_foot(struct dialog_page *foot, const struct dialog_class *class) {
  if (class->foot)
    class->foot(foot);
  if (*foot->dialog->notice)
    page_text(foot, STYLE_NOTICE | STYLE_STRONG, 0, NULL, foot->dialog->notice);
  page_text(foot, STYLE_DIM, 0, NULL, class->keys);
}

void dialog_draw(struct dialog *dialog, const struct frame *frame) {
  const struct dialog_class *class = class_of(dialog);
  struct dialog_page page = {
      .frame = frame,
      .dialog = dialog,
      .operation = dialog->kind == DIALOG_MENU ? NULL : frame->model->operations.front,
      .width = dialog_width(frame->canvas)};
  struct dialog_page foot = page;
  dialog->selected_lines = 0;
  class->build(&page);
  build_foot(&foot, class);
  int inside = (int)(page.count + foot.count) + 1;
  struct rect box = box_of(frame->canvas, inside);
  dialog->lines = (int)page.count;
  dialog->height = box.height - 2 - (int)foot.count - 1;
  if (dialog->height < 1)
    dialog->height = 1;
  clamp_scroll(dialog);
  canvas_fill(frame->canvas, box.x, box.y, box.width, box.height, STYLE_TEXT, ' ');
  canvas_box(frame->canvas, box.x, box.y, box.width, box.height, border_style(&page));
  draw_title(&page, class, box);
  int bottom = box.y + box.height - 1 - (int)foot.count;
  for (int i = 0;
       i < dialog->height && dialog->scroll + i < dialog->lines && box.y + 1 + i < bottom; i++)
    draw_line(frame, &page.lines[dialog->scroll + i], box.x + 2, box.y + 1 + i, page.width);
  canvas_rule(frame->canvas, box.x + 1, bottom - 1, box.width - 2, STYLE_BORDER);
  for (int i = 0; i < (int)foot.count; i++)
    draw_line(frame, &foot.lines[i], box.x + 2, bottom + i, page.width);
}

/* ---- keys */

static bool scroll_key(struct dialog *dialog, struct key key) {
  int page = dialog->height > 2 ? dialog->height - 1 : 1;
  int lines = 0;
  switch (key.code) {
  case KEY_CODE_UP:
    lines = -1;
    break;
  case KEY_CODE_DOWN:
    lines = 1;
    break;
  case KEY_CODE_PAGE_UP:
    lines = -page;
    break;
  case KEY_CODE_PAGE_DOWN:
    lines = page;
    break;
  case KEY_CODE_HOME:
    lines = -DIALOG_LINES_MAX;
    break;
  case KEY_CODE_END:
    lines = DIALOG_LINES_MAX;
    break;
  default:
    return false;
  }
  dialog->follow = false;
  dialog->scroll += lines;
  clamp_scroll(dialog);
  return true;
}

struct request dialog_key(struct dialog *dialog, const struct frame *frame, struct key key,
                          bool *handled) {
  const struct dialog_class *class = class_of(dialog);
  struct dialog_page page = {
      .frame = frame,
      .dialog = dialog,
      .operation = dialog->kind == DIALOG_MENU ? NULL : frame->model->operations.front,
      .width = 80};
  *handled = key.code != KEY_CODE_CTRL || (key.rune != 'l' && key.rune != 'z');
  if (!*handled)
    return (struct request){.kind = REQUEST_NONE};
  *dialog->notice = '\0';
  if (key.code == KEY_CODE_CTRL && key.rune == 'c') /* as Esc: nobody leaves by accident */
    key = (struct key){.code = KEY_CODE_ESC};
  struct request request = class->key(&page, key);
  if (request.kind == REQUEST_NONE && !page.used)
    scroll_key(dialog, key);
  dialog->key_ms = frame->now_ms;
  return request;
}

int64_t dialog_next_ms(const struct dialog *dialog, const struct model *model, int64_t now_ms) {
  if (dialog->kind == DIALOG_NONE)
    return INT64_MAX;
  int64_t next = (now_ms / TICK_MS + 1) * TICK_MS;
  if (kind_of(&model->operations) == DIALOG_RUN)
    next = now_ms + PROGRESS_MS;
  int64_t armed = dialog->key_ms + DIALOG_QUIET_MS;
  return armed > now_ms && armed < next ? armed : next;
}
