/* What may be typed after `:` beside an action: unlock, lock, acknowledge, undo, quit, help. */
#pragma once

#include "operate/pipeline.h"

struct command_context {
  struct model *model;
  struct lock *lock;
  struct pipeline *pipeline;
  void (*quit)(void *arg);
  void (*say)(void *arg, const char *text); /* what became of the line, where it was typed */
  void *arg;
};

struct command_name {
  const char *name;
  const char *argument; /* "NAME"; "" where it has none */
  const char *help;
};
/* All of them, for completion and help; ends with a name that is NULL. */
extern const struct command_name command_names[];

/* Does what the line says: a command, or ACTION TARGET [ARGS], which begins an operation. What
 * cannot be done is said at once and is an event. An empty line is nothing. */
void command_run(const struct command_context *context, const char *line);
