/* The line after `:`: typing, completion, history, and what was wrong with it. */
#pragma once

#include "ui/dialog/dialog.h"
#include "ui/view/keys/view_binding.h"

enum { COMMAND_HISTORY_MAX = 200 };

struct command_line {
  char text[DIALOG_TEXT_MAX];
  char wrong[NOTICE_MAX];             /* why the last line was not run; until the next key */
  char *history[COMMAND_HISTORY_MAX]; /* oldest first */
  size_t history_count;
  size_t history_at;           /* the one that is shown; history_count: what is typed */
  char draft[DIALOG_TEXT_MAX]; /* what was typed before the history was opened */
  char stem[DIALOG_TEXT_MAX];  /* what was typed before the first Tab */
  bool ran;                    /* the last key requested it */
  size_t tabs;                 /* how often Tab was pressed since; 0: none */
};

struct command_line *command_line_new(void);
void command_line_free(struct command_line *line);
/* Adds a line to the history; the same as the last one is not repeated. */
void command_line_add(struct command_line *line, const char *text);

/* As a binding: begins an empty line. */
struct request run_command(struct keys *keys, int argument);
/* A key while the line is typed. */
struct request command_line_key(struct keys *keys);
/* The line in the bottom line, and above it what may follow, or what is wrong. */
void command_line_draw(const struct view *view, const struct frame *frame, int y);
