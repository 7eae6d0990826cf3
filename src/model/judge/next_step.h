/* The next step of a finding: what a person does about it first. A table of data (app has it); the
 * view offers the first of its steps that is possible now. */
#pragma once

#include "model/judge/finding.h"

enum { NEXT_STEPS_MAX = 4 };

struct next_step {
  const char *kind;   /* of the target */
  const char *table;  /* id; "": about the target itself; NULL: any */
  const char *metric; /* of a threshold: "kafka.lag"; NULL: any, and what a collector judged */
  /* The best one first: the id of an action or of a page, or one of those below. Ends with NULL
   * before NEXT_STEPS_MAX; the last one is always possible. */
  const char *steps[NEXT_STEPS_MAX];
};

#define NEXT_STEP_LOGS "logs"
#define NEXT_STEP_RUNBOOKS "runbooks"
#define NEXT_STEP_DETAILS "details"

/* The first entry for it; steps ends with one without a kind, and may be NULL. metric: of the
 * finding's column; NULL: it has none. NULL: there is no entry. */
const struct next_step *next_step_find(const struct next_step *steps, const char *kind,
                                       const struct finding *finding, const char *metric);
