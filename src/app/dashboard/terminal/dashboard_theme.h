/* The theme while the dashboard runs: follows the file, and the terminal, with the theme "auto"
 * or "auto-colorblind".
 *
 * A file is read on a thread of its own. If it is invalid or gone, the theme stays and the screen
 * says why. */
#pragma once

#include "io/worker.h"
#include "ui/draw/theme.h"
#include "ui/terminal/terminal.h"

#include <stdbool.h>
#include <uv.h>

struct dashboard_theme_hooks {
  void (*changed)(void *arg); /* draw */
  void (*say)(void *arg, const char *text);
  void *arg;
};

struct dashboard_theme {
  struct terminal *terminal;
  struct dashboard_theme_hooks hooks;
  struct worker_pool *pool;
  uv_fs_event_t folder; /* of the file: an editor may put a new one in its place */
  uv_fs_event_t file;   /* the same file, through a symbolic link */
  uv_timer_t settle;    /* until it is written */
  struct theme shown;
  char *name;         /* of the one that is shown; NULL: the built-in one */
  char *path;         /* of its file; NULL: none */
  char *follows;      /* the theme that follows the terminal; NULL: none does */
  enum scheme scheme; /* the last one of the terminal that was followed */
};

/* What the terminal was opened with: a theme, its name, and the path of its file, or NULL (taken).
 */
struct dashboard_theme_start {
  struct theme theme;
  const char *name;
  char *path;
};
void dashboard_theme_open(struct dashboard_theme *theme, struct io *io, struct terminal *terminal,
                          const struct dashboard_theme_start *start,
                          const struct dashboard_theme_hooks *hooks);
void dashboard_theme_close(struct dashboard_theme *theme);
/* Another theme from now on; NULL: the built-in one. "auto" follows the terminal once it has said
 * which scheme it has. */
void dashboard_theme_choose(struct dashboard_theme *theme, const char *name);
/* The terminal may have said which scheme it has: call it after its input was read. */
void dashboard_theme_follow(struct dashboard_theme *theme);
