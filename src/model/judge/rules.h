/* Thresholds as configured, by metric name. */
#pragma once

#include "core/err.h"
#include "core/origin.h"
#include "model/table.h"

struct rule {
  char *metric; /* "kafka.lag" */
  struct threshold threshold;
  struct origin origin;
};

struct rules {
  struct rule *items;
  size_t count;
};

void rules_fini(struct rules *rules);
/* The threshold of the column's metric: of the target, else of the whole configuration, else the
 * default of the column. NULL if the column has no metric, or neither warn nor crit is set
 * ("off"). */
const struct threshold *rules_find(const struct rules *own, const struct rules *all,
                                   const struct column_spec *column);
/* Whether a threshold is configured, in either place or with the column itself: then it is expected
 * to be judged. */
bool rules_asked(const struct rules *own, const struct rules *all,
                 const struct column_spec *column);
/* Whether its parts fit together: `for` and `below` belong to a limit, and warn comes before crit.
 */
bool threshold_check(const struct threshold *threshold, struct err *err) MUST_CHECK;
/* The severity of one number by a threshold (without `for`). NULL threshold: OK. */
enum severity threshold_judge(const struct threshold *threshold, struct value value);
