/* From what is known of a cluster to a sample. Pure. */
#pragma once

#include "clients/kubernetes/kubernetes_feed.h"
#include "collectors/kubernetes/kubernetes_table.h"
#include "model/sample.h"

struct kubernetes_answers {
  const char *name;    /* of the target */
  const char *version; /* "v1.31.4"; "" if not known */
  int64_t latency_us;
  const struct kubernetes_feed *feeds;
  size_t feed_count;
  const json_t *metrics;  /* PodMetricsList of metrics.k8s.io; NULL: not known */
  const char *no_metrics; /* why: "metrics.k8s.io does not answer"; static */
  double now_s;           /* the server's clock */
};
struct sample *kubernetes_sample(const struct kubernetes_answers *answers);
