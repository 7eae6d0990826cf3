/* What an API server says of its objects. Pure; what is missing or of another type is not known
 * (-1, or ""). Texts are copied into the object's arena, at most KUBERNETES_TEXT_MAX bytes each. */
#pragma once

#include "clients/kubernetes/kubernetes_kind.h"
#include "core/arena.h"

enum { KUBERNETES_TEXT_MAX = 512, KUBERNETES_OBJECT_BYTES_MAX = 256 << 10 };

/* Of a deployment, stateful set, daemon set, cron job or job. */
struct kubernetes_workload {
  int64_t desired, updated, ready, available; /* pods */
  int64_t present;                            /* pods of all revisions, without those that end */
  int64_t observed;                           /* generation that its controller has seen */
  bool paused;                                /* deployment: rollouts; a job: suspended */
  const char *images;                         /* "api:1.2, sidecar:3" */
  const char *revision;                       /* of a deployment */
  const char *restarted;                      /* the annotation kubectl.kubernetes.io/restartedAt */
  /* Conditions of a deployment: "True", "False", "Unknown"; "": it has none. */
  const char *progressing, *progressing_reason, *progressing_message;
  const char *failure, *failure_message; /* ReplicaFailure */
  const char *is_available, *available_message;
  double progressing_s, available_s; /* last transition of the condition */
  bool surges_nothing;               /* OnDelete: pods are not replaced by a controller */
  bool template_annotated;           /* its template has annotations */
  const char *selector;              /* matchLabels as a query: "app=api,tier=web"; "": other */
  const char *schedule;              /* of a cron job */
  double scheduled_s;                /* its last run */
  int64_t active;                    /* jobs of a cron job, or pods of a job, that run */
  int64_t failed, succeeded;         /* pods of a job; -1: of another kind */
  const char *finished;              /* of a job: "Complete", "Failed"; "": not yet */
  const char *finished_reason, *finished_message; /* "BackoffLimitExceeded" */
  double finished_s, started_s;
};

enum { KUBERNETES_CONTAINERS_MAX = 32 };
struct kubernetes_container {
  const char *name;
  int64_t restarts; /* 0 also where that is not known */
};

struct kubernetes_pod {
  const char *phase;  /* Pending, Running, Succeeded, Failed, Unknown */
  const char *reason; /* of the pod: Evicted, NodeLost */
  const char *message;
  const char *node;
  const char *images;
  const char *unscheduled;   /* the scheduler's words; "": it is scheduled */
  int64_t containers, ready; /* without init containers */
  int64_t restarts;          /* of all containers */
  /* The container that is worst: it waits, else it ended, else it was restarted last. */
  const char *container;
  const char *waiting, *waiting_message;       /* reason: CrashLoopBackOff, ImagePullBackOff */
  const char *terminated, *terminated_message; /* reason of its end, where it does not run */
  const char *last, *last_message;             /* reason of the end of its last run: OOMKilled */
  int64_t exit_code, last_exit;
  double last_finished_s;
  bool is_init;         /* that container is an init container */
  double ready_s;       /* since when it is, or is not, ready */
  const char *unready;  /* why it is not ready although its containers are: a lost node; "" */
  int64_t memory_limit; /* bytes; of all containers; 0: one of them has none */
  const struct kubernetes_container *named; /* its init containers, then the others; NULL: none */
  size_t named_count;                       /* at most KUBERNETES_CONTAINERS_MAX */
};

enum { KUBERNETES_TROUBLES_MAX = 8 };
struct kubernetes_node {
  const char *ready, *ready_message; /* "True", "False", "Unknown" */
  double ready_s;
  bool unschedulable;
  struct {
    const char *type, *message;        /* "MemoryPressure" */
  } troubles[KUBERNETES_TROUBLES_MAX]; /* conditions other than Ready that are True */
  size_t trouble_count;
  const char *version;  /* of its kubelet */
  int64_t pods, memory; /* allocatable */
};

struct kubernetes_storage {
  const char *phase; /* Pending, Bound, Lost; Available, Released, Failed */
  const char *class_name, *volume, *claim, *reason, *message;
  const char *condition, *condition_message; /* of a claim, the worst: "Resizing"; "" */
  int64_t wanted, capacity;                  /* bytes */
};

struct kubernetes_event {
  const char *kind, *name, *uid; /* of the object that it is about */
  const char *reason, *message;
  int64_t count;
  double last_s;
};

struct kubernetes_scaler {
  const char *kind, *name; /* what it scales: "Deployment", "api" */
  int64_t min, max;
};

struct kubernetes_object {
  struct arena arena; /* of its texts */
  enum kubernetes_kind kind;
  const char *uid, *name, *namespace, *version; /* resourceVersion */
  const char *owner_kind, *owner; /* its controller: "ReplicaSet", "api-7d9c"; "": none */
  const char *hash;               /* label pod-template-hash */
  int64_t generation;
  double created_s, deleted_s; /* deleted_s: when its end is due; -1: it is not being deleted */
  union {
    struct kubernetes_workload workload;
    struct kubernetes_pod pod;
    struct kubernetes_node node;
    struct kubernetes_storage storage;
    struct kubernetes_event event;
    struct kubernetes_scaler scaler;
  };
};

/* A new object on the heap; NULL where it has no name and uid, or is too large. */
struct kubernetes_object *kubernetes_object_new(enum kubernetes_kind kind, const json_t *json);
void kubernetes_object_free(struct kubernetes_object *object); /* NULL is fine */

/* "2026-11-27T12:32:24Z", also with fractions, as seconds since 1970; -1 where it is no time. */
double kubernetes_time(const char *text);
/* "128Mi", "1500m", "1e3", "2": -1 where it is no quantity or not finite. */
double kubernetes_quantity(const char *text);
/* The workload that owns a pod: "Deployment" and "api" for the ReplicaSet "api-7d9c" with the hash
 * "7d9c"; else its controller. name: at least KUBERNETES_TEXT_MAX + 1 bytes. Returns the kind; "".
 */
const char *kubernetes_pod_workload(const struct kubernetes_object *pod, char *name);
