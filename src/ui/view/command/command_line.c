#include "ui/view/command/command_line.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "ui/draw/text_field.h"
#include "ui/view/command/command_complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};

struct command_line *command_line_new(void) {
  return mem_new(sizeof(struct command_line));
}

void command_line_free(struct command_line *line) {
  for (size_t i = 0; i < line->history_count; i++)
    free(line->history[i]);
  free(line);
}

void command_line_add(struct command_line *line, const char *text) {
  if (!*text ||
      (line->history_count > 0 && strcmp(line->history[line->history_count - 1], text) == 0))
    return;
  if (line->history_count == COMMAND_HISTORY_MAX) {
    free(line->history[0]);
    memmove(line->history, line->history + 1, (COMMAND_HISTORY_MAX - 1) * sizeof *line->history);
    line->history_count--;
  }
  line->history[line->history_count++] = mem_dup(text);
  line->history_at = line->history_count;
}

struct request run_command(struct keys *keys, int argument) {
  struct command_line *line = keys->view->command_line;
  (void)argument;
  keys->view->commanding = true;
  *line->text = *line->wrong = '\0';
  line->history_at = line->history_count;
  line->tabs = 0;
  return nothing;
}

/* ---- history */

/* Up: the one before; Down: the one after, at last what was typed. */
static void recall(struct command_line *line, int step) {
  if ((step < 0 && line->history_at == 0) || (step > 0 && line->history_at == line->history_count))
    return;
  if (line->history_at == line->history_count)
    memcpy(line->draft, line->text, sizeof line->draft);
  line->history_at += (size_t)step;
  snprintf(line->text, sizeof line->text, "%s",
           line->history_at == line->history_count ? line->draft : line->history[line->history_at]);
}

/* ---- completion */

static void text_set(struct command_line *line, size_t start, const char *word, size_t length,
                     const char *end) {
  snprintf(line->text, sizeof line->text, "%.*s%.*s%s", (int)start, line->stem, (int)length, word,
           end);
}

/* The first Tab adds what all candidates have in common; further ones go through them. */
static void complete(struct keys *keys, int step) {
  struct command_line *line = keys->view->command_line;
  struct command_candidates found;
  if (line->tabs == 0)
    memcpy(line->stem, line->text, sizeof line->stem);
  command_complete(&found, keys->frame, keys->view->commands, line->stem);
  if (found.count == 0)
    return;
  const size_t typed = strlen(line->stem) - found.start;
  if (found.count == 1) {
    const char *word = found.words[0];
    text_set(line, found.start, word, strlen(word), word[strlen(word) - 1] == '=' ? "" : " ");
    line->tabs = 0;
    return;
  }
  if (line->tabs == 0 && found.common > typed) {
    text_set(line, found.start, found.words[0], found.common, "");
    return;
  }
  if (step > 0)
    line->tabs = line->tabs % found.count + 1;
  else
    line->tabs = line->tabs > 1 ? line->tabs - 1 : found.count;
  const char *word = found.words[line->tabs - 1];
  text_set(line, found.start, word, strlen(word), "");
}

/* ---- keys */

static bool leaves(struct key key) {
  return key.code == KEY_CODE_ESC || (key.code == KEY_CODE_CTRL && key.rune == 'c');
}

struct request command_line_key(struct keys *keys) {
  struct view *view = keys->view;
  struct command_line *line = view->command_line;
  const struct key key = keys->key;
  const bool was_empty = !*line->text;
  *line->wrong = '\0';
  if (key.code == KEY_CODE_TAB || key.code == KEY_CODE_BACKTAB) {
    complete(keys, key.code == KEY_CODE_TAB ? 1 : -1);
    return nothing;
  }
  line->tabs = 0;
  if (text_field_key(line->text, sizeof line->text, key, true)) {
    if (was_empty && (key.code == KEY_CODE_BACKSPACE || key.code == KEY_CODE_DELETE))
      view->commanding = false;
    return nothing;
  }
  if (key.code == KEY_CODE_UP || key.code == KEY_CODE_DOWN)
    recall(line, key.code == KEY_CODE_UP ? -1 : 1);
  if (leaves(key) || key.code == KEY_CODE_ENTER)
    view->commanding = false;
  if (key.code != KEY_CODE_ENTER || was_empty)
    return nothing;
  line->ran = true;
  return (struct request){.kind = REQUEST_COMMAND, .text = line->text};
}

/* ---- drawing */

/* The candidates in one line: "postgres.cancel  postgres.terminate  12 more". */
static void draw_candidates(const struct view *view, const struct frame *frame, int y) {
  const struct command_line *line = view->command_line;
  struct canvas *canvas = frame->canvas;
  struct command_candidates found;
  int x = 1;
  command_complete(&found, frame, view->commands, line->tabs > 0 ? line->stem : line->text);
  if (found.count == 0 || !*line->text)
    return;
  canvas_fill(canvas, 0, y, canvas->width, 1, STYLE_TEXT, ' ');
  for (size_t i = 0; i < found.count; i++) {
    const int width = text_width(found.words[i]), rest = canvas->width - x - 1;
    if (width > rest - (i + 1 < found.count ? 10 : 0)) {
      canvas_printf(canvas, x, y, rest, STYLE_DIM, "%zu%s more", found.count - i,
                    found.more ? " or" : "");
      return;
    }
    x += canvas_text(canvas, x, y, rest,
                     line->tabs == i + 1 ? STYLE_KEY | STYLE_STRONG : (unsigned)STYLE_DIM,
                     found.words[i]) +
         2;
  }
}

void command_line_draw(const struct view *view, const struct frame *frame, int y) {
  const struct command_line *line = view->command_line;
  struct canvas *canvas = frame->canvas;
  const char *text = line->text;
  int cells, x = 1;
  if (*line->wrong && y > 0) {
    canvas_fill(canvas, 0, y - 1, canvas->width, 1, STYLE_TEXT, ' ');
    canvas_text(canvas, 1, y - 1, canvas->width - 2, STYLE_NOTICE, line->wrong);
  } else if (y > 0) {
    draw_candidates(view, frame, y - 1);
  }
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_KEY, ":");
  while (text_width(text) > canvas->width - 6 && *text)
    text += text_next(text, &cells);
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE | STYLE_STRONG, text);
  canvas_cursor(canvas, x, y);
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE | STYLE_STRONG, "_") + 2;
  if (!*line->text)
    canvas_text(
        canvas, x, y, canvas->width - x, STYLE_DIM,
        "Tab completes, Up: earlier lines; unlock, lock, acknowledge, undo, incident, note, "
        "quit, or ACTION TARGET [ROW...] [NAME=VALUE...]");
}
