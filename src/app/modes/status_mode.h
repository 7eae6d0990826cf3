/* `stacktop status`: one line for tmux, a prompt or a bar. What a running stacktop says is printed
 * without a loop and without reading the configuration; else `check` collects, and prints by
 * status_print. */
#pragma once

#include "app/startup/options.h"
#include "model/model.h"

/* True: the line is printed (or --no-check says that there is none), and *status is the exit
 * status. False: check. */
bool status_of_running(const struct options *options, int *status);
/* Of an own check. True unless writing failed. */
bool status_print(const struct model *model, int64_t now_ms,
                  const struct options *options) MUST_CHECK;
/* Instead of a line where none could be made; an empty one would look like calm. */
bool status_print_trouble(const char *text, const struct options *options) MUST_CHECK;
