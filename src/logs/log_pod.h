/* A source: the log of one container of a pod, from its API server through kubectl, on the loop.
 *
 * First the run before, where the container was restarted (`kubectl logs --previous`), then the
 * present one. A follow of a container that writes nothing does not even begin to answer, so what
 * there is is read by a question of its own, and then followed. A container that has ended is asked
 * about again, for when it is started again. */
#pragma once

#include "clients/kubernetes/kubernetes_proxy.h"
#include "io/io.h"
#include "logs/log_source.h"

struct log_pod_place {
  const char *namespace, *pod, *container;
  bool alone;     /* the pod has no other container: the source has the name of the pod */
  bool restarted; /* there was a run before */
};

/* Copies what it is given. */
struct log_source *log_pod_new(struct io *io, const struct kubernetes_login *login,
                               const struct log_pod_place *place, const struct log_want *want,
                               const struct log_filter *filter);
/* Its name: "api-7d9c", or "api-7d9c/main". On the heap. */
char *log_pod_name(const struct log_pod_place *place);

/* Orders two times as a kubelet writes them ("2026-11-27T10:00:00.5Z"), whose fractions may have
 * different lengths. Pure. */
int log_pod_stamp_compare(const char *one, const char *other);
