/* The configuration is loaded again while the dashboard runs (`:reload`, SIGUSR2): on a thread,
 * because a secret may come from a command, and with the old one in effect until the new one is
 * right. */
#pragma once

#include "app/dashboard/dashboard_changes.h"
#include "app/dashboard/dashboard_columns.h"
#include "app/startup/options.h"
#include "app/startup/schema.h"
#include "io/io.h"
#include "io/worker.h"
#include "model/model.h"

struct dashboard_reload_hooks {
  /* Takes both: columns are the user's, as they are now. */
  void (*loaded)(void *arg, struct config *config, struct dashboard_columns *columns);
  void (*failed)(void *arg, const char *why); /* the old one stays */
  void (*changed)(void *arg);                 /* a file of it was written; once */
  void *arg;
};

struct dashboard_reload {
  struct io *io;
  const struct options *options;
  struct dashboard_reload_hooks hooks;
  struct app_schema schema;
  struct worker_pool *pool;
  bool loading, again;                 /* again: asked for while it was loading */
  struct dashboard_reload_file *files; /* that are watched: a list */
};

void dashboard_reload_open(struct dashboard_reload *reload, struct io *io,
                           const struct options *options, const struct config *config,
                           const struct dashboard_reload_hooks *hooks);
void dashboard_reload_begin(struct dashboard_reload *reload);
/* From now on the files of this configuration are watched. */
void dashboard_reload_watch(struct dashboard_reload *reload, const struct config *config);
/* Until when a new configuration waits, so that nothing that is open is lost: "the page is closed";
 * NULL: it need not. away: a runbook has the terminal. */
const char *dashboard_reload_waits(const struct model *model, bool away, bool evidence,
                                   bool paused);
/* "reloaded; state: needs a restart; 3 targets as before, 1 new or changed, 0 gone". */
enum { DASHBOARD_RELOAD_MAX = DASHBOARD_CHANGES_MAX + 100 };
void dashboard_reload_text(char out[DASHBOARD_RELOAD_MAX], const struct config *config,
                           const struct config *old, const struct options *options, size_t kept);
void dashboard_reload_close(struct dashboard_reload *reload);
