/* Tells `stacktop status` what this stacktop sees: once a second, from the loop. */
#pragma once

#include "io/io.h"
#include "model/model.h"

struct beacon;

struct status_beacon {
  struct io *io;
  struct beacon *beacon;
  const struct model *model;
  uv_timer_t timer;
  bool paused;
};

/* The model outlives it. */
void status_beacon_open(struct status_beacon *own, struct io *io, const struct model *model);
/* The model has another configuration, which may be of another file. */
void status_beacon_rebase(struct status_beacon *own);
/* Paused: says nothing, because nothing new is seen. */
void status_beacon_pause(struct status_beacon *own, bool paused);
/* Takes it back; what is left ends on the loop, before `own` goes. */
void status_beacon_close(struct status_beacon *own);
