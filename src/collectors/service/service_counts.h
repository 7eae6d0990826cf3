/* The values of a service's series: from one page of metrics to the next. Pure.
 *
 * Rates and quantiles are of the growth of counters within a window. Whether there is growth to
 * speak of (two pages, no restart, no reset) is for collectors/figures.h to say, as for all
 * counters; a page's process_start_time_seconds is its run. A set of labels that a later page has
 * and the one before had not counts from 0; one that is missing for a while keeps its count. */
#pragma once

#include "clients/service/service_series.h"
#include "model/sample.h"

enum {
  COUNTS_SAMPLES_MAX = 16 << 10, /* samples of a page that match */
  COUNTS_LIMITS_MAX = 128,       /* of a histogram */
};

struct service_counts;

/* The series have to live as long. */
struct service_counts *service_counts_new(const struct service_series *series, size_t count);
void service_counts_free(struct service_counts *counts); /* NULL is fine */

/* Takes a page that was received at that time. text[len] has to be '\0'. strict: it has to end with
 * "# EOF". False, with nothing changed, if it is not a page of metrics. */
bool service_counts_read(struct service_counts *counts, const char *text, size_t len, bool strict,
                         int64_t at_us, struct err *err) MUST_CHECK;

/* The value of a series as of the last page; none, with the reason in the sample, if it is not
 * known, and without one where nothing happened that it could be computed from. *wrong: the reason
 * is not one that passes: the page has no such metric. */
struct value service_counts_value(const struct service_counts *counts, size_t series,
                                  struct sample *sample, bool *wrong);
