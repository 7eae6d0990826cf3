/* Fills the time lines of open incidents while a dashboard or a watch runs, and knows which
 * incident is current. Lives on the loop; a thread waits for the disk. While none is open it only
 * looks for one. */
#pragma once

#include "io/worker.h"
#include "operate/incident/incident_round.h"

struct incident_recorder;

struct incident_recorder_options {
  struct io *io;
  const struct model *model;
  const char *state; /* NULL: none is known, nothing is recorded */
  const char *place; /* "dashboard", "watch"; static */
  /* After each round; the briefs may have changed. */
  void (*changed)(void *arg);
  void *arg;
};

struct incident_recorder *incident_recorder_new(const struct incident_recorder_options *options);
/* The model was evaluated: what is new is recorded soon. */
void incident_recorder_see(struct incident_recorder *recorder);
/* Looks at once: a command has added something. */
void incident_recorder_wake(struct incident_recorder *recorder);
/* While paused, nothing that is seen is recorded. */
void incident_recorder_pause(struct incident_recorder *recorder, bool paused);
/* The current incident: the one that was chosen, else the newest; id "" if none is open. err: why
 * it is not recorded; ERR_NONE: it is. */
const struct incident_brief *incident_recorder_brief(const struct incident_recorder *recorder,
                                                     struct err *err);
/* Chooses the current one; "" chooses none. */
void incident_recorder_use(struct incident_recorder *recorder, const char *id);
/* Records that this program leaves, without waiting longer than the disk takes, half a second at
 * most; then frees itself in a later turn of the loop. */
void incident_recorder_close(struct incident_recorder *recorder);
