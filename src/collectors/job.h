/* One running collection, with exactly one completion.
 *
 * The scheduler (app) starts a collector with a job and a deadline. The collector ends it with
 * job_done or job_failed, at once or later, always on the loop's thread. At the deadline the
 * scheduler calls the collector's `cancel`: from then on the job no longer exists for the
 * collector, which drops its requests without completing it.
 *
 * Re-entry: within job_done and job_failed the scheduler may start the next collection on the same
 * instance, or close the instance, before they return. So a collector first brings the instance to
 * rest (forgets the job, frees what belongs to this collection, drops a broken connection), then
 * calls, and afterwards uses neither the instance nor the job. collectors/frame.h does this for all
 * collectors. */
#pragma once

#include "io/io.h"
#include "model/sample.h"

struct job;
struct model;

typedef void (*job_end)(struct job *job, struct sample *sample, const struct err *err);

struct job {
  struct io *io;
  const struct model
      *model;          /* what all targets have published: for a collector that asks no server */
  int64_t started_us;  /* of the steady clock */
  int64_t deadline_ms; /* when it will be cancelled, on the steady clock: a server-side timeout can
                          be set a little shorter */
  bool one_pass;       /* `check`: there will be no second sample */
  job_end end;         /* set by the scheduler; called once with a sample or an error */
};

/* Takes the sample; sets its taken_ms and cost_us. */
void job_done(struct job *job, struct sample *sample);
void job_failed(struct job *job, const struct err *err);
