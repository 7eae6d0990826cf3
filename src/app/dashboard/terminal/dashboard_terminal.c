#include "app/dashboard/terminal/dashboard_terminal.h"

#include "app/runtime/ending.h"
#include "app/startup/startup.h"
#include "app/startup/theme_file.h"
#include "core/text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct terminal *dashboard_terminal_open(const struct config *config, const struct options *options,
                                         struct dashboard_theme_start *start, int *status) {
  struct err err = {0};
  char shown[sizeof err.text];
  struct terminal *terminal = NULL;
  *status = EXIT_FAILURE;
  start->name = options->theme ? options->theme : config->theme;
  if (!theme_check(start->name, &err) ||
      !theme_load(&start->theme, start->name, &start->path, &err))
    *status = options->theme ? EXIT_USAGE_BAD : EXIT_CONFIG_BAD;
  else
    terminal = terminal_open(
        &(struct terminal_options){.theme = &start->theme,
                                   .follow_scheme = theme_followed(start->name, false) != NULL,
                                   .no_color = options->no_color,
                                   .cursor = options->screen_reader,
                                   .lent = options->member,
                                   .mouse = config->mouse && !options->no_mouse},
        &err);
  if (terminal)
    return terminal;
  free(start->path);
  text_sanitize(shown, sizeof shown, err.text, strlen(err.text), options->no_unicode);
  fprintf(stderr, "stacktop: %s%s%s\n", *status == EXIT_USAGE_BAD ? "--theme: " : "", shown,
          *status != EXIT_FAILURE ? ""
                                  : "; `stacktop check` and `stacktop --plain` need no terminal");
  return NULL;
}
