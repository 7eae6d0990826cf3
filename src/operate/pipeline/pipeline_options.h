/* What a pipeline works with. */
#pragma once

#include "actions/action.h"
#include "audit/audit.h"
#include "model/model.h"
#include "operate/lock.h"

struct pipeline_options {
  struct io *io;
  struct model *model;
  struct audit *audit;
  struct lock *lock;
  const char *state;                   /* directory that actions get; outlives the pipeline */
  const struct action *const *actions; /* ends with NULL; NULL: the built-in ones */
  /* A redraw is needed. */
  void (*changed)(void *arg);
  /* A dialog that can start an action has opened: discard keys typed before. */
  void (*opened)(void *arg);
  /* The target may have changed: collect it again at once. */
  void (*collect)(void *arg, size_t target_index);
  /* The same for an operation that waits for the result; NULL: not possible. */
  void (*look)(void *arg, size_t target_index);
  void *arg;
};
