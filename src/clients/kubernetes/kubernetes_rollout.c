#include "clients/kubernetes/kubernetes_rollout.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

char *kubernetes_patch_text(const char *uid, int64_t generation, json_t *operations) {
  json_t *patch = json_array();
  json_array_append_new(
      patch, json_pack("{s:s,s:s,s:s}", "op", "test", "path", "/metadata/uid", "value", uid));
  if (generation >= 0)
    json_array_append_new(patch,
                          json_pack("{s:s,s:s,s:I}", "op", "test", "path", "/metadata/generation",
                                    "value", (json_int_t)generation));
  json_array_extend(patch, operations);
  json_decref(operations);
  char *text = json_dumps(patch, JSON_COMPACT);
  json_decref(patch);
  return text;
}

char *kubernetes_restart_patch(const char *uid, int64_t generation, bool template_annotated,
                               int64_t now_s) {
  char now[32];
  const time_t seconds = (time_t)now_s;
  struct tm tm;
  strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
  const char *path = "/spec/template/metadata/annotations";
  json_t *operations =
      template_annotated
          ? json_pack("[{s:s,s:s,s:s}]", "op", "add", "path",
                      "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt",
                      "value", now)
          : json_pack("[{s:s,s:s,s:{s:s}}]", "op", "add", "path", path, "value",
                      "kubectl.kubernetes.io/restartedAt", now);
  return kubernetes_patch_text(uid, generation, operations);
}

/* A scale of 0 has no member replicas. A scale has no generation. */
char *kubernetes_scale_patch(const char *uid, int64_t before, int64_t wanted) {
  const char *replicas = "/spec/replicas";
  json_t *test = before == 0 ? json_pack("{s:s,s:s,s:{}}", "op", "test", "path", "/spec", "value")
                             : json_pack("{s:s,s:s,s:I}", "op", "test", "path", replicas, "value",
                                         (json_int_t)before);
  return kubernetes_patch_text(uid, -1,
                               json_pack("[o,{s:s,s:s,s:I}]", test, "op", "add", "path", replicas,
                                         "value", (json_int_t)wanted));
}

bool kubernetes_is_rolled(const struct kubernetes_object *object) {
  const struct kubernetes_workload *workload = &object->workload;
  return workload->observed >= object->generation && workload->updated >= workload->desired &&
         workload->available >= workload->desired &&
         (object->kind == KUBERNETES_DAEMON_SET || workload->present == workload->desired);
}

int64_t kubernetes_rolled_pods(const struct kubernetes_object *object) {
  const struct kubernetes_workload *workload = &object->workload;
  const int64_t pods =
      workload->available < workload->updated ? workload->available : workload->updated;
  return workload->observed < object->generation || pods < 0 ? 0 : pods;
}

const char *kubernetes_stuck(const struct kubernetes_object *object,
                             char out[KUBERNETES_STUCK_MAX]) {
  const struct kubernetes_workload *workload = &object->workload;
  *out = '\0';
  if (workload->observed < object->generation) /* what it says is of an older one */
    return out;
  if (strcmp(workload->progressing, "False") == 0)
    snprintf(out, KUBERNETES_STUCK_MAX, "the rollout is stuck: %.400s",
             workload->progressing_message);
  else if (strcmp(workload->failure, "True") == 0)
    snprintf(out, KUBERNETES_STUCK_MAX, "pods cannot be created: %.400s",
             workload->failure_message);
  return out;
}

bool kubernetes_trouble(const struct kubernetes_object *object, char out[KUBERNETES_TROUBLE_MAX]) {
  const struct kubernetes_pod *pod = &object->pod;
  const char *reason = pod->waiting, *message = pod->waiting_message;
  if (*pod->unscheduled) {
    reason = "cannot be scheduled";
    message = pod->unscheduled;
  } else if (!*reason || strcmp(reason, "ContainerCreating") == 0 ||
             strcmp(reason, "PodInitializing") == 0) {
    return false;
  }
  if (strcmp(pod->last, "OOMKilled") == 0 && strcmp(reason, "CrashLoopBackOff") == 0)
    message = "OOM-killed";
  snprintf(out, KUBERNETES_TROUBLE_MAX, "%.80s: %.60s%s%.*s", object->name, reason,
           *message ? ": " : "", (int)strcspn(message, "\r\n"), message);
  return true;
}
