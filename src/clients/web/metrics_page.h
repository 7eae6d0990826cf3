/* A page of metrics in the text format of Prometheus (0.0.4) or OpenMetrics (1.0): its samples, one
 * after the other. Pure; one pass, without memory for each line.
 *
 * A line that is neither makes the whole page untrustworthy, as for Prometheus: what follows it may
 * be missing. Timestamps and exemplars are checked for their form and ignored. */
#pragma once

#include "core/err.h"

#include <stddef.h>

enum {
  PAGE_LABELS_MAX = 64,     /* of one sample */
  PAGE_VALUES_MAX = 4 << 10 /* bytes of the label values of one sample, where they are read */
};

enum page_type { PAGE_UNTYPED, PAGE_COUNTER, PAGE_GAUGE, PAGE_HISTOGRAM, PAGE_SUMMARY, PAGE_OTHER };

struct page_text {
  const char *text; /* not terminated */
  size_t len;
};
bool page_text_is(struct page_text text, const char *wanted);

struct page_label {
  struct page_text name, value; /* the value without its escapes */
};

struct page_sample {
  struct page_text name;
  struct page_label labels[PAGE_LABELS_MAX];
  size_t label_count;
  double value; /* may be NaN or infinite */
};

struct page_reader {
  void *arg;
  /* Whether the samples of that name are wanted; others are checked and skipped. */
  bool (*wants)(void *arg, struct page_text name);
  void (*sample)(void *arg, const struct page_sample *sample);
  void (*type)(void *arg, struct page_text name, enum page_type type); /* of a "# TYPE" */
};

struct page_facts {
  size_t samples; /* of any name */
  bool ended;     /* "# EOF", as OpenMetrics demands */
};

/* text[len] has to be '\0'. False: "line 3 is not a metric: ..."; the text may quote the page and
 * is to be sanitised. */
bool metrics_page_read(const char *text, size_t len, const struct page_reader *reader,
                       struct page_facts *facts, struct err *err) MUST_CHECK;
