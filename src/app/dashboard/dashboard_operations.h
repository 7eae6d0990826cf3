/* Actions in the dashboard: its audit, lock and pipeline, the commands after `:`, and the actions
 * of others. */
#pragma once

#include "actions/action_list.h"
#include "app/runtime/scheduler.h"
#include "app/startup/options.h"
#include "operate/command/command.h"

struct dashboard_operations_hooks {
  void (*changed)(void *arg); /* a redraw is needed */
  void (*opened)(void *arg);  /* see pipeline.h */
  void (*quit)(void *arg);
  void (*reload)(void *arg);
  void (*incident)(void *arg, const char *line); /* see command.h */
  void (*say)(void *arg, const char *text);      /* in the bottom line */
  void (*wrong)(void *arg, const char *text);    /* why the line after `:` was not run */
  void *arg;
};

struct dashboard_operations {
  struct model *model;
  struct scheduler *scheduler;
  struct lock lock;
  struct action_list actions;
  struct audit *audit;
  struct pipeline *pipeline;
  char *state;
  struct command_context commands;
  struct dashboard_operations_hooks hooks;
};

/* The scheduler and the model outlive it. */
void dashboard_operations_open(struct dashboard_operations *own, struct io *io, struct model *model,
                               struct scheduler *scheduler, const struct options *options,
                               const struct dashboard_operations_hooks *hooks);
/* model->config is another one: its actions and its lock. What was unlocked stays so. There must be
 * no operation. */
void dashboard_operations_rebase(struct dashboard_operations *own, const struct options *options);
/* REQUEST_MENU to REQUEST_UNDO and REQUEST_COMMAND; false for others. */
bool dashboard_operations_request(struct dashboard_operations *own, const struct request *request);
void dashboard_operations_pause(struct dashboard_operations *own, bool paused);
/* Updates the lock that is shown; returns the time of its next change by itself, or INT64_MAX. */
int64_t dashboard_operations_refresh(struct dashboard_operations *own, int64_t now_ms);
/* Starts to end running operations; this continues on the loop, and `own` must live until the loop
 * has ended. */
void dashboard_operations_close(struct dashboard_operations *own);
