/* What the Kubernetes collector and the Kubernetes actions share. The key of a row is the object's
 * uid, its label "namespace/name". */
#pragma once

/* One row a deployment, stateful set, daemon set, cron job or job. */
#define KUBERNETES_WORKLOADS_TABLE "workloads"
#define KUBERNETES_WORKLOAD_LABEL "workload"
#define KUBERNETES_WORKLOAD_KIND "kind" /* "deployment", ...; also of storage */
#define KUBERNETES_WORKLOAD_SCALER "autoscaler"

/* One row a pod. */
#define KUBERNETES_PODS_TABLE "pods"
#define KUBERNETES_POD_OWNER "owner" /* "Deployment api" */
#define KUBERNETES_POD_MEMORY "memory"

/* Of both. */
#define KUBERNETES_NAMESPACE "namespace"
#define KUBERNETES_NAME "name"
#define KUBERNETES_STATE "state"

#define KUBERNETES_NODES_TABLE "nodes"
#define KUBERNETES_STORAGE_TABLE "storage"

/* One row: the cluster. */
#define KUBERNETES_SUMMARY_TABLE "summary"
