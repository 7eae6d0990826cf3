/* Which samples of a page are meant, in the syntax of Prometheus:
 * http_requests_total{code=~"5..",path!="/health"}. Pure. */
#pragma once

#include "clients/web/metrics_page.h"

#include <regex.h>

enum { SELECTOR_MATCHERS_MAX = 8, SELECTOR_NAME_MAX = 128, SELECTOR_VALUE_MAX = 256 };

struct service_matcher {
  char *label, *value;
  bool negated; /* != and !~ */
  bool has_regex;
  regex_t regex; /* of =~ and !~; anchored, as that of Prometheus */
};

struct service_selector {
  char *name;
  struct service_matcher matchers[SELECTOR_MATCHERS_MAX];
  size_t matcher_count;
};

/* Reads one from *at and moves *at behind it. False with err, and nothing to fini. */
bool service_selector_parse(const char **at, struct service_selector *selector,
                            struct err *err) MUST_CHECK;
void service_selector_fini(struct service_selector *selector);

/* Whether a sample with its name matches; a label that is missing has the value "". */
bool service_selector_matches(const struct service_selector *selector,
                              const struct page_sample *sample);
/* Which matchers' labels the sample has, as bits: a label that no sample has is a mistake in the
 * configuration, and not a sum of 0. A matcher that "" would match needs no label. */
unsigned service_selector_labels(const struct service_selector *selector,
                                 const struct page_sample *sample);
/* The first label that is in none of them; NULL if there is none. */
const char *service_selector_lacks(const struct service_selector *selector, unsigned labels);
