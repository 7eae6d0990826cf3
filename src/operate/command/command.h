/* What may be typed after `:` beside an action: unlock, lock, acknowledge, undo, incident, note,
 * reload, quit, help. */
#pragma once

#include "operate/pipeline/pipeline.h"

struct command_context {
  struct model *model;
  struct lock *lock;
  struct pipeline *pipeline;
  void (*quit)(void *arg);
  void (*reload)(void *arg);                     /* the configuration; NULL: not here */
  void (*incident)(void *arg, const char *line); /* "open P1 api-down", "note TEXT" */
  void (*say)(void *arg, const char *text);   /* shows the result of the line where it was typed */
  void (*wrong)(void *arg, const char *text); /* the same: why it was not run; NULL: as say */
  void *arg;
};

struct command_name {
  const char *name;
  const char *argument; /* "NAME"; "" without an argument */
  const char *help;
};
/* All commands, for completion and help; the last entry has a NULL name. */
extern const struct command_name command_names[];

/* Runs the line: a command, or ACTION TARGET [ARGS], which begins an operation. An error is shown
 * at once and becomes an event. An empty line does nothing. */
void command_run(const struct command_context *context, const char *line);
