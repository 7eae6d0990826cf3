/* What pods use, as metrics.k8s.io says it. Whether a cluster has it depends on a server of its own
 * (metrics-server). Pure. */
#pragma once

#include "clients/kubernetes/kubernetes.h"

#define KUBERNETES_METRICS_PATH "/apis/metrics.k8s.io/v1beta1"

/* NULL: it has answered. Else why not: static. */
const char *kubernetes_no_metrics(const struct kubernetes_answer *answer);

/* All containers of a pod together; -1: not known, also where one container's is not. */
struct kubernetes_usage {
  double cpu;    /* 1 is one CPU */
  double memory; /* bytes, below 2^62 */
};
/* From a PodMetrics; NULL: nothing is known. */
struct kubernetes_usage kubernetes_usage_read(const json_t *pod);
/* "ecap" and "api-1" of a PodMetrics; "". */
const char *kubernetes_usage_text(const json_t *pod, const char *name);
