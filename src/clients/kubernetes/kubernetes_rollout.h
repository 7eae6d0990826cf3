/* Changes of workloads, and what becomes of them: pure. */
#pragma once

#include "clients/kubernetes/kubernetes_read.h"

/* A JSON Patch that restarts a workload as kubectl does, by an annotation of its template; now_s:
 * since 1970. The server refuses it where the object is another one, or its specification was
 * changed. */
char *kubernetes_restart_patch(const char *uid, int64_t generation, bool template_annotated,
                               int64_t now_s);
/* One for /scale: refused where it no longer has `before` replicas. */
char *kubernetes_scale_patch(const char *uid, int64_t before, int64_t wanted);
/* The operations (taken) after tests of the uid and, unless it is negative, the generation. For the
 * caller to free. */
char *kubernetes_patch_text(const char *uid, int64_t generation, json_t *operations);

/* Whether its controller has seen the newest generation, and all pods are of it and available. */
bool kubernetes_is_rolled(const struct kubernetes_object *workload);
/* Pods of the newest generation that are available. */
int64_t kubernetes_rolled_pods(const struct kubernetes_object *workload);
/* What keeps it from ever being rolled out, as far as the workload itself says: "the rollout is
 * stuck:
 * ..."; "": nothing. */
enum { KUBERNETES_STUCK_MAX = 480 };
const char *kubernetes_stuck(const struct kubernetes_object *workload,
                             char out[KUBERNETES_STUCK_MAX]);
/* Why a pod does not start: "api-7d9c-x: ImagePullBackOff: ..."; false: nothing is known to be
 * wrong. */
enum { KUBERNETES_TROUBLE_MAX = 320 };
bool kubernetes_trouble(const struct kubernetes_object *pod, char out[KUBERNETES_TROUBLE_MAX]);
