/* The lines typed after `:`, kept in the state directory for the next time: one file a user, mode
 * 0600, bounded. A line that looks as if it had a secret in it is not kept at all. Threads wait for
 * the disk; a failure is not reported, since nothing depends on it. */
#pragma once

#include "io/worker.h"
#include "model/model.h"

struct dashboard_history {
  struct worker_pool *pool;
  char *path;                               /* NULL: nothing is kept on disk */
  void (*add)(void *arg, const char *line); /* for the view, oldest first */
  void *arg;
};

/* state: the state directory; NULL: there is none. Reads what was kept: `add` is called later. */
void dashboard_history_open(struct dashboard_history *history, struct io *io, const char *state,
                            void (*add)(void *arg, const char *line), void *arg);
/* A line that was entered: added and kept, unless it has a secret. */
void dashboard_history_put(struct dashboard_history *history, const struct model *model,
                           const char *line);
void dashboard_history_close(struct dashboard_history *history);

/* Whether the line has what looks like a secret, or a parameter of an action that is one. */
bool history_line_is_private(const char *line, const struct action_spec *const *specs);
