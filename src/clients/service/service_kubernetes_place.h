/* Where a service with a runtime `kubernetes` is: what its driver and its logs share. */
#pragma once

#include "clients/kubernetes/kubernetes_kind.h"
#include "model/target.h"

enum { SERVICE_KUBERNETES_NAME_MAX = 254 };

/* "ecap/deployment/ecap-api": a deployment, stateful set or daemon set. */
struct service_kubernetes_place {
  enum kubernetes_kind kind;
  char namespace[SERVICE_KUBERNETES_NAME_MAX]; /* "": not named */
  char name[SERVICE_KUBERNETES_NAME_MAX];
};

/* KIND/NAME or NAMESPACE/KIND/NAME. */
bool service_kubernetes_place_read(struct service_kubernetes_place *place, const char *text,
                                   struct err *err) MUST_CHECK;
/* Whether the service has such a runtime. */
bool service_kubernetes_place_has(const struct target *service);
/* Of a service that has one. The cluster is a target of the kind kubernetes: that which `engine`
 * names, else the only one; NULL: kubectl's current context. Without a namespace it is the only one
 * of the cluster's `namespaces`, else "default". */
bool service_kubernetes_place_find(struct service_kubernetes_place *place,
                                   const struct target *service, const struct target **cluster,
                                   struct err *err) MUST_CHECK;
