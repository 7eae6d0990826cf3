/* A collector: a const descriptor, in one file, with one line in collectors.def.
 *
 * An instance watches one target. Calls come on the loop's thread and never block. The order is
 * open, then any number of start -> (completion | cancel), then close. */
#pragma once

#include "collectors/job.h"
#include "model/target.h"

/* The usual place of a target of this kind, for a start without a configuration. */
struct usual_place {
  int port;             /* on the loopback: watched if it answers; 0: always watched */
  const char *name;     /* name of the target */
  const char *option;   /* the option for the address: "address"; NULL: none is needed */
  const char *value;    /* its value: "localhost:8000" */
  bool (*exists)(void); /* port 0: watched only if this is true; must not wait. NULL: always */
};

struct collector {
  struct target_kind kind; /* name, options and help, for parsing the configuration */
  const struct table_spec *const *tables; /* the tables of its samples, in this order */
  size_t table_count;
  int64_t timeout_ms;              /* default deadline of one collection */
  const struct usual_place *usual; /* ends with a place without a name; NULL: none */

  /* Creates an instance; opens no connection yet and never blocks. NULL with err if the options of
   * the target contradict each other. The target outlives the instance. */
  void *(*open)(struct io *io, const struct target *target, struct err *err);

  /* Begins one collection; ends with exactly one job_done or job_failed unless cancelled. Connects
   * if necessary and keeps the connection for the next collection. */
  void (*start)(void *self, struct job *job);

  /* The deadline has passed: forget the job, drop the connection if an answer may still arrive. If
   * the instance knows more than "timeout" (the step it was in), it may replace *err, which is "no
   * answer within 3s" on entry. */
  void (*cancel)(void *self, struct err *err);

  /* Ends the instance (never while a job runs: cancel comes first). Calls done(arg) once all its
   * handles are closed and its memory is freed; at once or later, within about a second whatever
   * the servers do. */
  void (*close)(void *self, void (*done)(void *arg), void *arg);
};

/* All collectors, from collectors.def; ends with NULL. */
extern const struct collector *const collectors[];
const struct collector *collector_find(const char *kind); /* NULL if there is none */
