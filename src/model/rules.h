/* Thresholds as configured, by metric name. */
#pragma once

#include "model/table.h"

struct rule {
  char *metric; /* "kafka.lag" */
  struct threshold threshold;
};

struct rules {
  struct rule *items;
  size_t count;
};

void rules_fini(struct rules *rules);
/* The threshold of the column's metric: as the target has it, else as all have it, else the
 * column's own default. NULL if the column has no metric, or none of warn and crit is set ("off").
 */
const struct threshold *rules_find(const struct rules *own, const struct rules *all,
                                   const struct column_spec *column);
/* Whether somebody has configured one, there or there: then it is expected to be judged. */
bool rules_asked(const struct rules *own, const struct rules *all,
                 const struct column_spec *column);
/* How bad one number is by a threshold (`for` is not considered). NULL threshold: OK. */
enum severity threshold_judge(const struct threshold *threshold, struct value value);
