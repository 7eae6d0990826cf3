/* The shared state: one target_index a collector instance, the findings, the events.
 *
 * Owned by app. Everybody else sees `const struct model *`, for one frame. Times are milliseconds
 * of the steady wall clock (see io/clock.h), given in by the caller: nothing here asks for the
 * time. */
#pragma once

#include "model/config.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/history.h"
#include "model/operation.h"
#include "model/sample.h"

enum target_condition {
  TARGET_WAITING, /* nothing heard yet */
  TARGET_LIVE,    /* the last collection succeeded, and not long ago */
  TARGET_STALE,   /* it succeeded, but too long ago: nothing in it may look green */
  TARGET_DOWN,    /* the last collection failed; the sample, if any, is old */
};

struct target_state {
  const struct target *target;
  struct sample *sample; /* the last good one, or NULL */
  struct err err;        /* of the last attempt; ERR_NONE if it succeeded */
  int64_t started_ms;    /* of the attempt under way; 0 when none is */
  int64_t attempted_ms;  /* completion of the last attempt; 0 before the first */
  int64_t failing_ms;    /* since when attempts fail; 0 if they do not */
  enum severity logged;  /* of these failures, the worst in the event log; OK: none */
  int64_t next_ms;       /* when the next attempt starts; 0 if not known */
  uint32_t samples;      /* good ones so far */
  uint32_t failures;     /* consecutive failed attempts */
  struct facts facts;    /* of the server, as last known */
  bool once;             /* it is asked once only (`check`): its answer does not go stale */
  struct history *history;
};

struct model {
  const struct config *config;
  struct target_state *targets; /* in the order of the configuration's targets */
  size_t target_count;
  struct findings *findings; /* of the last evaluation; never NULL */
  struct findings *held; /* what is hidden by outages, as last seen: shown by nobody; never NULL */
  size_t findings_bytes_max; /* see findings_are_full */
  struct events events;
  struct operations operations; /* what is being done; the pipeline's (app) to change */
  bool wants_all_judged;        /* `check`: a configured rule that judged nothing is a finding */
  int64_t watch_ms; /* `check --duration`: how long it looks; a rule whose `for` is longer counts
                       at once. 0: without an end */
  int64_t wall_offset_ms; /* to be added to a time in here to show or record it as wall time: the
                             host's clock was set since the start (clock_wall_offset_ms) */
  uint64_t generation;    /* grows with each change: a view redraws when it differs */
};

void model_init(struct model *model, const struct config *config);
void model_fini(struct model *model);
/* Each target is asked only once: what it answers is not stale because another takes longer. */
void model_ask_once(struct model *model);

/* An attempt has begun; with 0: it was given up, and its outcome is nobody's business. */
void model_attempt(struct model *model, size_t target_index, int64_t now_ms);
/* Takes the sample. */
void model_publish(struct model *model, size_t target_index, struct sample *sample, int64_t now_ms);
void model_fail(struct model *model, size_t target_index, const struct err *err, int64_t now_ms);

/* The threshold of a column of the state; NULL where it has none. */
const struct threshold *model_threshold(const struct model *model, size_t state,
                                        const struct column_spec *column);
enum target_condition target_state_condition(const struct target_state *state, int64_t now_ms);
/* Milliseconds since the sample was taken; -1 without one. */
int64_t target_state_age(const struct target_state *state, int64_t now_ms);
/* The worst finding of the state; UNKNOWN for one that is waiting. */
enum severity model_target_severity(const struct model *model, size_t state, int64_t now_ms);
/* The worst of all targets. */
enum severity model_severity(const struct model *model, int64_t now_ms);
