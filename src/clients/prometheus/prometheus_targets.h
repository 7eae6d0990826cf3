/* What a Prometheus scrapes: the answer to /api/v1/targets. Pure. */
#pragma once

#include "clients/prometheus/prometheus.h"

enum { PROMETHEUS_TARGETS_MAX = 5000 };

struct prometheus_scraped {
  struct prometheus_labels labels; /* with `job` and `instance` */
  char key[PROMETHEUS_KEY_MAX];    /* of the labels and the address */
  const char *health;              /* "up", "down", "unknown" */
  const char *error;               /* "" */
  const char *address;             /* that is scraped */
  int64_t last_ms;                 /* of the last scrape, wall time; -1: not known */
  double duration_s;               /* of it; -1: not known */
};
struct prometheus_targets {
  struct prometheus_scraped *items; /* those that are down first */
  size_t count, total;
};
/* False with err if it is not that answer. */
bool prometheus_targets_read(const json_t *json, struct arena *arena,
                             struct prometheus_targets *targets, struct err *err) MUST_CHECK;
