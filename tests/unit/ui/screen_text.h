/* A canvas as text: characters and styles; and keys in the notation of people. */
#pragma once

#include "core/mem.h"
#include "ui/view/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One letter per style, in the order of enum style. */
static const char screen_letters[] = " dlbBtfowcusgphPkn123456i";

/* Three blocks between bars: the text; the style of each cell (screen_letters); and, in lines that
 * have any, the flags: * strong, # selected, @ both. The caller frees it. */
static inline char *screen_text(const struct canvas *canvas) {
  size_t size = 0;
  char *out = NULL;
  FILE *file = open_memstream(&out, &size);
  for (int y = 0; y < canvas->height; y++) {
    fputc('|', file);
    for (int x = 0; x < canvas->width; x++)
      fputs(canvas_cell(canvas, x, y)->text, file);
    fputs("|\n", file);
  }
  fputs("styles\n", file);
  for (int y = 0; y < canvas->height; y++) {
    fputc('|', file);
    for (int x = 0; x < canvas->width; x++)
      fputc(screen_letters[canvas_cell(canvas, x, y)->style & STYLE_MASK], file);
    fputs("|\n", file);
  }
  fputs("flags\n", file);
  for (int y = 0; y < canvas->height; y++) {
    char line[CANVAS_SIDE_MAX + 1] = "";
    int last = 0;
    for (int x = 0; x < canvas->width; x++) {
      unsigned style = canvas_cell(canvas, x, y)->style;
      bool strong = style & STYLE_STRONG, selected = style & STYLE_SELECTED;
      line[x] = strong && selected ? '@' : selected ? '#' : strong ? '*' : ' ';
      last = line[x] != ' ' ? x + 1 : last;
    }
    line[last] = '\0';
    if (last)
      fprintf(file, "%3d %s\n", y, line);
  }
  fclose(file);
  return out;
}

/* Whether a line of the canvas contains the text. */
static inline bool screen_has(const struct canvas *canvas, const char *text) {
  char line[CANVAS_SIDE_MAX * CELL_BYTES];
  for (int y = 0; y < canvas->height; y++) {
    size_t at = 0;
    for (int x = 0; x < canvas->width; x++)
      at += (size_t)snprintf(line + at, sizeof line - at, "%s", canvas_cell(canvas, x, y)->text);
    if (strstr(line, text))
      return true;
  }
  return false;
}

static inline char *screen_read_whole(const char *path) {
  FILE *file = fopen(path, "r");
  char *text = NULL;
  size_t size = 0;
  if (!file)
    return NULL;
  if (getdelim(&text, &size, '\0', file) < 0) {
    free(text);
    text = NULL;
  }
  fclose(file);
  return text;
}

/* Compares with screens/NAME.txt, which STACKTOP_REGENERATE=1 writes. NULL when it is the same,
 * otherwise the difference (the caller frees it). */
static inline char *screen_differs(const char *name, const char *drawn) {
  char path[256], *wrong = NULL;
  snprintf(path, sizeof path, "screens/%s.txt", name);
  FILE *file = getenv("STACKTOP_REGENERATE") ? fopen(path, "w") : NULL;
  if (file) {
    fputs(drawn, file);
    fclose(file);
  }
  char *expected = screen_read_whole(path);
  if (!expected)
    wrong = mem_printf("%s is not there; STACKTOP_REGENERATE=1 makes it", path);
  else if (strcmp(expected, drawn) != 0)
    wrong = mem_printf("%s: expected\n%sbut this was drawn:\n%s", path, expected, drawn);
  free(expected);
  return wrong;
}

/* The mouse over the cell at which the text begins. */
static inline struct key screen_key_at(const struct canvas *canvas, const char *text,
                                       enum key_code code) {
  for (int y = 0; y < canvas->height; y++)
    for (int x = 0; x < canvas->width; x++) {
      const char *left = text;
      for (int at = x; at < canvas->width; at++) {
        const char *cell = canvas_cell(canvas, at, y)->text;
        if (!*left || strncmp(left, cell, strlen(cell)) != 0)
          break;
        left += strlen(cell);
      }
      if (!*left)
        return (struct key){code, 0, x, y};
    }
  return (struct key){KEY_CODE_NONE};
}

struct screen_key_name {
  const char *name;
  struct key key;
};

/* "3<Enter>/foo<Esc>" to keys, one at a time; advances *text. */
static inline struct key screen_next_key(const char **text) {
  static const struct screen_key_name names[] = {
      {"<Enter>", {KEY_CODE_ENTER, 0}},
      {"<Esc>", {KEY_CODE_ESC, 0}},
      {"<Tab>", {KEY_CODE_TAB, 0}},
      {"<BackTab>", {KEY_CODE_BACKTAB, 0}},
      {"<Backspace>", {KEY_CODE_BACKSPACE, 0}},
      {"<Up>", {KEY_CODE_UP, 0}},
      {"<Down>", {KEY_CODE_DOWN, 0}},
      {"<Left>", {KEY_CODE_LEFT, 0}},
      {"<Right>", {KEY_CODE_RIGHT, 0}},
      {"<Home>", {KEY_CODE_HOME, 0}},
      {"<End>", {KEY_CODE_END, 0}},
      {"<PgUp>", {KEY_CODE_PAGE_UP, 0}},
      {"<PgDn>", {KEY_CODE_PAGE_DOWN, 0}},
      {"<F1>", {KEY_CODE_FUNCTION, 1}},
      {"<F10>", {KEY_CODE_FUNCTION, 10}},
      {"<Ctrl-C>", {KEY_CODE_CTRL, 'c'}},
      {"<Ctrl-D>", {KEY_CODE_CTRL, 'd'}},
      {"<Ctrl-L>", {KEY_CODE_CTRL, 'l'}},
      {"<Ctrl-R>", {KEY_CODE_CTRL, 'r'}},
      {"<Ctrl-Z>", {KEY_CODE_CTRL, 'z'}},
      {"<Ctrl-U>", {KEY_CODE_CTRL, 'u'}},
      {"<Ctrl-Y>", {KEY_CODE_CTRL, 'y'}},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t length = strlen(names[i].name);
    if (strncmp(*text, names[i].name, length) == 0) {
      *text += length;
      return names[i].key;
    }
  }
  return (struct key){KEY_CODE_RUNE, (unsigned char)*(*text)++};
}
