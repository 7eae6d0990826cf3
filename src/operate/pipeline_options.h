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
  const char *state;                   /* the folder that actions are told; outlives the pipeline */
  const struct action *const *actions; /* ends with NULL; NULL: all there are. For tests. */
  /* Something to draw has changed. */
  void (*changed)(void *arg);
  /* A dialog that can act has opened: what was typed before it is to be thrown away. */
  void (*opened)(void *arg);
  /* Something outside may have changed: ask that target again at once. */
  void (*collect)(void *arg, size_t target_index);
  void *arg;
};
