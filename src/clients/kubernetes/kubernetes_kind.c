#include "clients/kubernetes/kubernetes_kind.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct kubernetes_kind_info infos[KUBERNETES_KIND_COUNT] = {
    [KUBERNETES_DEPLOYMENT] = {"/apis/apps/v1", "deployments", "deployment", ""},
    [KUBERNETES_STATEFUL_SET] = {"/apis/apps/v1", "statefulsets", "statefulset", ""},
    [KUBERNETES_DAEMON_SET] = {"/apis/apps/v1", "daemonsets", "daemonset", ""},
    [KUBERNETES_CRON_JOB] = {"/apis/batch/v1", "cronjobs", "cronjob", ""},
    [KUBERNETES_JOB] = {"/apis/batch/v1", "jobs", "job", ""},
    [KUBERNETES_SCALER] = {"/apis/autoscaling/v2", "horizontalpodautoscalers",
                           "horizontalpodautoscaler", ""},
    [KUBERNETES_POD] = {"/api/v1", "pods", "pod", ""},
    [KUBERNETES_NODE] = {"/api/v1", "nodes", "node", "", true},
    [KUBERNETES_CLAIM] = {"/api/v1", "persistentvolumeclaims", "persistentvolumeclaim", ""},
    [KUBERNETES_VOLUME] = {"/api/v1", "persistentvolumes", "persistentvolume", "", true},
    [KUBERNETES_WARNING] = {"/api/v1", "events", "event", "&fieldSelector=type%3DWarning"},
    [KUBERNETES_CLAIM_EVENT] = {"/api/v1", "events", "event",
                                "&fieldSelector=involvedObject.kind%3DPersistentVolumeClaim"},
    [KUBERNETES_INGRESS] = {"/apis/networking.k8s.io/v1", "ingresses", "ingress", ""},
    [KUBERNETES_REPLICA_SET] = {"/apis/apps/v1", "replicasets", "replicaset", ""},
    [KUBERNETES_REVISION] = {"/apis/apps/v1", "controllerrevisions", "controllerrevision", ""},
    [KUBERNETES_NETWORK_POLICY] = {"/apis/networking.k8s.io/v1", "networkpolicies", "networkpolicy",
                                   ""},
};

const struct kubernetes_kind_info *kubernetes_kind_info(enum kubernetes_kind kind) {
  assert(kind < KUBERNETES_KIND_COUNT);
  return &infos[kind];
}

enum kubernetes_kind kubernetes_kind_of(const char *word) {
  for (size_t i = 0; i < KUBERNETES_KIND_COUNT; i++)
    if (strcmp(infos[i].word, word) == 0)
      return (enum kubernetes_kind)i;
  return KUBERNETES_KIND_COUNT;
}

/* The group and the resource are words of ours, without what kubernetes_path escapes but '/'. */
static bool join(char out[KUBERNETES_PATH_MAX], const char *group, const char *rest) {
  return snprintf(out, KUBERNETES_PATH_MAX, "%s%s", group, rest) < KUBERNETES_PATH_MAX;
}

bool kubernetes_list_path(char out[KUBERNETES_PATH_MAX], enum kubernetes_kind kind,
                          const char *namespace) {
  const struct kubernetes_kind_info *info = kubernetes_kind_info(kind);
  char rest[KUBERNETES_PATH_MAX];
  const bool fits = namespace && !info->global
                        ? kubernetes_path(rest, "/namespaces/%s/%s?", namespace, info->resource)
                        : kubernetes_path(rest, "/%s?", info->resource);
  return fits && join(out, info->group, rest);
}

bool kubernetes_object_path(char out[KUBERNETES_PATH_MAX], enum kubernetes_kind kind,
                            const char *namespace, const char *name, const char *after) {
  const struct kubernetes_kind_info *info = kubernetes_kind_info(kind);
  char object[KUBERNETES_PATH_MAX], rest[KUBERNETES_PATH_MAX];
  const bool fits = info->global ? kubernetes_path(object, "/%s/%s", info->resource, name)
                                 : kubernetes_path(object, "/namespaces/%s/%s/%s", namespace,
                                                   info->resource, name);
  return fits && *name && (info->global || *namespace) && join(rest, object, after) &&
         join(out, info->group, rest);
}
