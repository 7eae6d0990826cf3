/* The kinds of objects that are read, and where the API has them. */
#pragma once

#include "clients/kubernetes/kubernetes.h"

enum kubernetes_kind {
  KUBERNETES_DEPLOYMENT,
  KUBERNETES_STATEFUL_SET,
  KUBERNETES_DAEMON_SET,
  KUBERNETES_CRON_JOB,
  KUBERNETES_JOB,    /* the last of those that are workloads */
  KUBERNETES_SCALER, /* HorizontalPodAutoscaler */
  KUBERNETES_POD,
  KUBERNETES_NODE,
  KUBERNETES_CLAIM,       /* PersistentVolumeClaim */
  KUBERNETES_VOLUME,      /* PersistentVolume */
  KUBERNETES_WARNING,     /* events of the type Warning */
  KUBERNETES_CLAIM_EVENT, /* events about claims */
  KUBERNETES_INGRESS,
  KUBERNETES_NETWORK_POLICY,
  KUBERNETES_REPLICA_SET, /* this and what follows: read by actions only */
  KUBERNETES_REVISION,    /* ControllerRevision, of stateful sets and daemon sets */
  KUBERNETES_KIND_COUNT,
  KUBERNETES_WATCHED_COUNT = KUBERNETES_REPLICA_SET
};

struct kubernetes_kind_info {
  const char *group;    /* "/apis/apps/v1" */
  const char *resource; /* "deployments" */
  const char *word;     /* as a person writes it: "deployment" */
  const char *filter;   /* query of the list: "&fieldSelector=type%3DWarning"; "" */
  bool global;          /* it belongs to no namespace */
};
const struct kubernetes_kind_info *kubernetes_kind_info(enum kubernetes_kind kind);

/* The path of a list, with '?' and no more; of all namespaces where there is none. */
bool kubernetes_list_path(char out[KUBERNETES_PATH_MAX], enum kubernetes_kind kind,
                          const char *namespace) MUST_CHECK;
/* The path of an object; after: "", "/scale". */
bool kubernetes_object_path(char out[KUBERNETES_PATH_MAX], enum kubernetes_kind kind,
                            const char *namespace, const char *name, const char *after) MUST_CHECK;
/* "deployment" to its kind; KUBERNETES_KIND_COUNT where it is none. */
enum kubernetes_kind kubernetes_kind_of(const char *word);
