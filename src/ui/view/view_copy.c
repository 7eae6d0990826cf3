#include "ui/view/view_copy.h"

#include "core/text/text.h"
#include "ui/draw/text_field.h"
#include "ui/terminal/terminal.h"
#include "ui/view/keys/key_words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct request nothing = {.kind = REQUEST_NONE};

static void say(struct view *view, const char *text) {
  view_say(view, text);
}

/* ---- copying */

/* A text that grows in the frame's arena up to what a terminal takes. */
struct copied {
  char *text;
  size_t length;
};

static bool copied_begin(struct copied *copied, const struct frame *frame) {
  *copied = (struct copied){.text = arena_alloc(frame->arena, TERMINAL_COPY_MAX + 1)};
  return copied->text != NULL;
}

/* As one line without control characters: a newline would run what is pasted into a shell. */
static void copied_add(struct copied *copied, const char *text, const char *end) {
  copied->length +=
      text_sanitize(copied->text + copied->length, TERMINAL_COPY_MAX + 1 - copied->length, text,
                    strnlen(text, SAMPLE_TEXT_MAX), false);
  const size_t left = TERMINAL_COPY_MAX - copied->length, length = strlen(end);
  if (length > left)
    return;
  memcpy(copied->text + copied->length, end, length + 1);
  copied->length += length;
}

static const char *cell_text(const struct frame *frame, char buffer[FORMAT_MAX],
                             const struct row *row, const struct table_spec *spec, size_t column) {
  return row->cells[column].type == VALUE_NONE
             ? ""
             : frame_value(frame, buffer, row->cells[column], &spec->columns[column]);
}

static void copy_cells(struct copied *copied, const struct frame *frame, const struct row *row,
                       const struct table_spec *spec, bool only_first) {
  char buffer[FORMAT_MAX];
  for (size_t i = 0; i < (only_first ? 1 : spec->column_count); i++) {
    if (i > 0 && spec->columns[i].flags & COLUMN_DETAIL)
      continue;
    if (i > 0)
      copied_add(copied, "", "\t");
    copied_add(copied, cell_text(frame, buffer, row, spec, i), "");
  }
}

/* "TITLE value" lines of the row whose details are shown. */
static struct request copy_detail(struct keys *keys) {
  const struct detail *detail = &keys->view->detail;
  const struct model *model = keys->frame->model;
  struct copied copied;
  char buffer[FORMAT_MAX];
  if (!copied_begin(&copied, keys->frame))
    return nothing;
  if (detail->of_event) {
    copied_add(&copied, detail->title, " ");
    copied_add(&copied, detail->text, "");
  } else if (detail->target_index < model_state_count(model)) {
    const struct target_state *state = &model->targets[detail->target_index];
    const struct table *table =
        state->sample && detail->table ? sample_table_view(state->sample, detail->table) : NULL;
    const struct row *row = table && detail->key ? table_find(table, detail->key) : NULL;
    for (size_t i = 0; row && i < table->spec->column_count; i++) {
      copied_add(&copied, table->spec->columns[i].title, "\t");
      copied_add(&copied, cell_text(keys->frame, buffer, row, table->spec, i), "\n");
    }
  }
  if (copied.length == 0) {
    say(keys->view, "There is nothing to copy");
    return nothing;
  }
  say(keys->view, "Copied the details");
  return (struct request){.kind = REQUEST_COPY, .text = copied.text};
}

struct request run_copy_row(struct keys *keys, int argument) {
  struct view *view = keys->view;
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  struct copied copied;
  (void)argument;
  if (view->page == PAGE_DETAIL)
    return copy_detail(keys);
  if (keys->moved) {
    say(view, "The selection just changed: check the row, then press the key again");
    return nothing;
  }
  if (!line || !copied_begin(&copied, keys->frame))
    return nothing;
  const uint64_t identity = pane_selection_identity(keys->pane);
  const bool again = view->copied == identity;
  if (line->event) {
    copied_add(&copied, line->event->subject, " ");
    copied_add(&copied, line->event->text, "");
    say(view, "Copied the event");
  } else if (line->finding) {
    copied_add(&copied, line->finding->subject, " ");
    copied_add(&copied, line->finding->sentence, "");
    say(view, "Copied the finding");
  } else if (line->kind == LINE_ROW || line->kind == LINE_SUMMARY) {
    copy_cells(&copied, keys->frame, line->row.row, line->table->spec, again);
    say(view, again ? "Copied its name" : "Copied the row; {row-copy} again: only its name");
    view->copied = again ? 0 : identity;
  } else {
    copied_add(&copied, keys->frame->model->targets[line->target_index].target->name, "");
    say(view, "Copied its name");
  }
  return (struct request){.kind = REQUEST_COPY, .text = copied.text};
}

/* ---- saving */

/* The table of the selected row, else the first one of the pane. */
static const struct line *line_to_save(const struct pane *pane) {
  const struct line *line = pane ? pane_selected(pane) : NULL;
  for (size_t i = 0; pane && i < pane->lines.count && (!line || line->kind != LINE_ROW); i++)
    line = &pane->lines.items[i];
  return line && line->kind == LINE_ROW ? line : NULL;
}

static bool saves_events(const struct pane *pane) {
  return pane && strcmp(pane->id, "events") == 0;
}

/* Only what is safe in a file name. */
static void name_part(char *out, size_t size, const char *text) {
  size_t used = 0;
  for (; *text && used + 1 < size; text++)
    out[used++] = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *text)
                      ? *text
                      : '-';
  out[used] = '\0';
}

struct request run_save(struct keys *keys, int argument) {
  struct view *view = keys->view;
  const struct line *line = line_to_save(keys->pane);
  char target[64], table[64], stamp[32] = "";
  (void)argument;
  if (!line && !saves_events(keys->pane)) {
    say(view, "There is no table to save: select a row");
    return nothing;
  }
  const struct model *model = keys->frame->model;
  const time_t now = (time_t)((keys->frame->clock_ms + model->wall_offset_ms) / 1000);
  struct tm parts;
  if (view->utc ? gmtime_r(&now, &parts) : localtime_r(&now, &parts))
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
  view->saving = true;
  if (!line) {
    snprintf(view->command, sizeof view->command, "events-%s.csv", stamp);
    return nothing;
  }
  const struct target *owner = model->targets[line->target_index].target;
  name_part(target, sizeof target, line->is_target ? owner->kind->key : owner->name);
  name_part(table, sizeof table, line->table_id);
  const bool same = strcmp(target, table) == 0; /* services */
  snprintf(view->command, sizeof view->command, "%s%s%s-%s.csv", target, same ? "" : "-",
           same ? "" : table, stamp);
  return nothing;
}

/* The rows of the table in the order of the screen. Without a filter those of closed branches are
 * behind them. */
static struct request save(struct keys *keys) {
  const struct line *chosen = line_to_save(keys->pane);
  if (saves_events(keys->pane)) {
    const char **filter = arena_alloc(keys->frame->arena, sizeof *filter);
    if (!filter)
      return nothing;
    *filter = keys->pane->filter;
    return (struct request){.kind = REQUEST_SAVE,
                            .text = keys->view->command,
                            .texts = filter,
                            .text_count = 1,
                            .of_events = true};
  }
  if (!chosen) {
    say(keys->view, "The table is gone");
    return nothing;
  }
  const struct lines *lines = &keys->pane->lines;
  const char **names = arena_alloc(keys->frame->arena, (lines->count + 1) * sizeof *names);
  size_t count = 0;
  for (size_t i = 0; names && i < lines->count; i++) {
    const struct line *line = &lines->items[i];
    if (line->kind == LINE_ROW && line->is_target == chosen->is_target &&
        (line->is_target || line->table == chosen->table))
      names[count++] = line->key;
  }
  struct request request = {.kind = REQUEST_SAVE, .text = keys->view->command};
  request.state = chosen->target_index;
  request.subject.table = chosen->table_id;
  request.texts = names;
  request.text_count = count;
  request.filtered = *keys->pane->filter != '\0';
  request.of_kind = chosen->is_target;
  return request;
}

struct request save_key(struct keys *keys) {
  struct view *view = keys->view;
  const struct key key = keys->key;
  if (text_field_key(view->command, sizeof view->command, key, true))
    return nothing;
  const bool leaves = key.code == KEY_CODE_ESC || (key.code == KEY_CODE_CTRL && key.rune == 'c');
  if (leaves || key.code == KEY_CODE_ENTER)
    view->saving = false;
  return key.code == KEY_CODE_ENTER && *view->command ? save(keys) : nothing;
}

void save_draw(const struct view *view, const struct frame *frame, int y) {
  struct canvas *canvas = frame->canvas;
  static const char hint[] = "Enter save  Esc cancel  .json or .csv";
  const char *text = view->command;
  int cells, x = 1;
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_KEY, "save the table to ");
  while (text_width(text) > canvas->width - x - 3 && *text)
    text += text_next(text, &cells);
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE | STYLE_STRONG, text);
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE | STYLE_STRONG, "_") + 2;
  if (x + (int)sizeof hint < canvas->width)
    canvas_text_right(canvas, x, y, canvas->width - x - 1, STYLE_DIM, hint);
}
