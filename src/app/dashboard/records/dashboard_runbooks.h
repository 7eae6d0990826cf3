/* Runbooks in the dashboard: which ones match what is selected (read on a thread), the dry run of
 * the one that is opened, and its command line. */
#pragma once

#include "app/modes/runbook/runbook_program.h"
#include "io/child.h"
#include "io/worker.h"
#include "model/action/request.h"
#include "model/model.h"
#include "model/runbook/runbook_offers.h"
#include "operate/lock.h"

struct dashboard_runbooks_hooks {
  void (*changed)(void *arg);
  void (*say)(void *arg, const char *text);
  void (*start)(void *arg, const struct own_argv *argv); /* it takes over the terminal */
  void *arg;
};

struct dashboard_runbooks {
  struct io *io;
  struct model *model;
  const struct options *options;
  const struct lock *lock;
  const char *state; /* directory; NULL: none */
  struct dashboard_runbooks_hooks hooks;
  struct worker_pool *pool;
  struct runbook_offers offers;
  struct runbook_subject subject; /* its texts are owned */
  uint32_t asked;                 /* number of the last request: an older answer is not shown */
  struct child *dry, *abandon;    /* NULL: none runs */
};

/* All of it outlives this but the hooks, which are copied. */
void dashboard_runbooks_open(struct dashboard_runbooks *own);
/* REQUEST_RUNBOOKS to REQUEST_RUNBOOK_START; false for others. */
bool dashboard_runbooks_request(struct dashboard_runbooks *own, const struct request *request);
/* Nothing is offered any more. */
void dashboard_runbooks_drop(struct dashboard_runbooks *own);
void dashboard_runbooks_close(struct dashboard_runbooks *own);
