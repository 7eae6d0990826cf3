/* What the Kubernetes collector and the Kubernetes actions share. The key of a row is the object's
 * uid, its label "namespace/name". */
#pragma once

/* One row a deployment, stateful set, daemon set or cron job. */
#define KUBERNETES_WORKLOADS_TABLE "workloads"
#define KUBERNETES_WORKLOAD_LABEL "workload"
#define KUBERNETES_WORKLOAD_KIND "kind" /* "deployment", ... */
#define KUBERNETES_WORKLOAD_SCALER "autoscaler"

/* One row a pod. */
#define KUBERNETES_PODS_TABLE "pods"

/* Of both. */
#define KUBERNETES_NAMESPACE "namespace"
#define KUBERNETES_NAME "name"
#define KUBERNETES_STATE "state"

#define KUBERNETES_NODES_TABLE "nodes"
#define KUBERNETES_STORAGE_TABLE "storage"

/* One row: the cluster. */
#define KUBERNETES_SUMMARY_TABLE "summary"
