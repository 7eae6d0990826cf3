#include "collectors/job.h"

#include "io/clock.h"

void job_done(struct job *job, struct sample *sample) {
  int64_t now_us = clock_now_us();
  sample->taken_ms = now_us / 1000;
  sample->cost_us = now_us - job->started_us;
  job->end(job, sample, NULL);
}

void job_failed(struct job *job, const struct err *err) {
  job->end(job, NULL, err);
}
