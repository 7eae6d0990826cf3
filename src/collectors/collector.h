/* What a collector is: a const descriptor, one file each, one line in collectors.def.
 *
 * An instance watches one target. Calls come on the loop's thread and never wait. The order is
 * open, then any number of start -> (completion | cancel), then close. */
#pragma once

#include "collectors/job.h"
#include "model/target.h"

/* Where a target of a kind usually is, for a start without a configuration. */
struct usual_place {
  int port;           /* on the loopback: watched when it answers; 0: watched always */
  const char *name;   /* the target's */
  const char *option; /* the option that says where: "address"; NULL: none is needed */
  const char *value;  /* and what it says: "localhost:8000" */
};

struct collector {
  struct target_kind kind; /* its name, options and help: what the configuration parses by */
  const struct table_spec *const *tables; /* what its samples hold, in this order */
  size_t table_count;
  int64_t timeout_ms;              /* the usual deadline of one collection */
  const struct usual_place *usual; /* ends with a place without a name; NULL: there is none */

  /* Makes an instance; opens no connection yet and never waits. NULL with err when the target's
   * options make no sense together. The target outlives the instance. */
  void *(*open)(struct io *io, const struct target *target, struct err *err);

  /* Begins one collection; ends with exactly one job_done or job_failed unless cancelled. Connects
   * when it is not connected, and keeps the connection for the next time. */
  void (*start)(void *self, struct job *job);

  /* The deadline has come: forget the job, drop the connection if it may still be answering. If the
   * instance knows more than "timeout" (which step it was in), it may fill *err, which says
   * "no answer within 3s" when it gets here. */
  void (*cancel)(void *self, struct err *err);

  /* Ends the instance (never while a job runs: cancel comes first). Calls done(arg) once all its
   * handles are closed and its memory is free; at once or later, within about a second whatever
   * the servers do. */
  void (*close)(void *self, void (*done)(void *arg), void *arg);
};

/* All of them, from collectors.def; ends with NULL. */
extern const struct collector *const collectors[];
const struct collector *collector_find(const char *kind); /* NULL if there is none */
