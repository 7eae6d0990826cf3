/* Writes the events of a dashboard or a watch to the history on disk. Lives on the loop; a thread
 * waits for the disk. What cannot be written waits, up to EVENT_BATCH_MAX events, and what is lost
 * is counted and said. */
#pragma once

#include "events/event_store.h"
#include "io/io.h"
#include "model/model.h"

struct event_recorder;

struct event_recorder_options {
  struct io *io;
  const struct model *model;
  const char *state;       /* NULL: none is known, nothing is recorded */
  const char *audit_path;  /* NULL: none */
  const char *place;       /* "dashboard", "watch"; static */
  bool from_now;           /* not what happened before: it was not recorded on purpose */
  const struct mask *mask; /* outlives it */
  /* What a person has to know: the history cannot be written, was damaged, is written again. */
  void (*say)(void *arg, enum severity severity, const char *text);
  void (*changed)(void *arg); /* something was written, or its state has changed; may be NULL */
  void *arg;
};

struct event_recorder *event_recorder_new(const struct event_recorder_options *options);
/* The configuration of the model is another one: how much is kept. Whether anything is, is settled
 * when it is made. */
void event_recorder_rebase(struct event_recorder *recorder);
/* The model was evaluated, or an event was added. */
void event_recorder_see(struct event_recorder *recorder);
/* Why nothing is recorded; NULL: it is. */
const char *event_recorder_trouble(const struct event_recorder *recorder);
/* Writes what is left, half a second at most; frees itself in a later turn of the loop. NULL:
 * nothing. */
void event_recorder_close(struct event_recorder *recorder);
