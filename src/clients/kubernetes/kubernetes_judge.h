/* What the state of an object means: pure. */
#pragma once

#include "clients/kubernetes/kubernetes_read.h"
#include "model/judge/severity.h"

enum { KUBERNETES_STATE_MAX = 32, KUBERNETES_REASON_MAX = 600 };

struct kubernetes_verdict {
  char state[KUBERNETES_STATE_MAX];   /* in words: "crash loop" */
  char reason[KUBERNETES_REASON_MAX]; /* "" where it is OK; may quote the server */
  enum severity severity;
  double since_s; /* of the state, since 1970; -1: not known */
};

/* warning: the newest warning event about the object, without which a pod that is not ready, or a
 * claim that is pending, says no cause; NULL: none. now_s: the server's clock. */
void kubernetes_judge_pod(const struct kubernetes_object *pod,
                          const struct kubernetes_event *warning, double now_s,
                          struct kubernetes_verdict *verdict);
/* cause: what is wrong with the worst of its pods; NULL: nothing. */
void kubernetes_judge_workload(const struct kubernetes_object *workload,
                               const struct kubernetes_event *warning, const char *cause,
                               double now_s, struct kubernetes_verdict *verdict);
void kubernetes_judge_node(const struct kubernetes_object *node, double now_s,
                           struct kubernetes_verdict *verdict);
void kubernetes_judge_storage(const struct kubernetes_object *storage,
                              const struct kubernetes_event *event, double now_s,
                              struct kubernetes_verdict *verdict);
