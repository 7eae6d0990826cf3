#include "clients/kubernetes/kubernetes_judge.h"

#include "core/text/format.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
  LOOP_S = 600, /* a restart within it, and LOOP_RESTARTS of them, are a crash loop */
  LOOP_RESTARTS = 3,
  RECENT_S = 300,     /* a restart is news for so long */
  OOM_S = 86400,      /* an OOM kill is a finding for so long */
  FAILED_S = 86400,   /* and so is a job that failed */
  UNREADY_S = 60,     /* a pod may take so long to become ready */
  UNSCHEDULED_S = 60, /* an autoscaler may still bring a node */
  SETTLE_S = 15,      /* a workload may be unavailable for so long after it was created */
  TERMINATING_S = 60, /* beyond the end of its grace period */
  PENDING_S = 30,     /* a claim may take so long to be bound */
};

__attribute__((format(printf, 3, 4))) static void
say(struct kubernetes_verdict *verdict, enum severity severity, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(verdict->reason, sizeof verdict->reason, format, args);
  va_end(args);
  verdict->severity = severity;
}

static void begin(struct kubernetes_verdict *verdict, const char *state, double since_s) {
  *verdict = (struct kubernetes_verdict){.severity = SEVERITY_OK, .since_s = since_s};
  snprintf(verdict->state, sizeof verdict->state, "%s", state);
}

static void set_state(struct kubernetes_verdict *verdict, const char *state) {
  snprintf(verdict->state, sizeof verdict->state, "%s", state);
}

static bool is(const char *text, const char *word) {
  return strcmp(text, word) == 0;
}

static bool is_any(const char *text, const char *const *words) {
  for (; *words; words++)
    if (is(text, *words))
      return true;
  return false;
}

/* ": words" of a server, one line; "" without any. */
struct tail {
  char text[420];
};
static struct tail tail(const char *words) {
  struct tail tail = {""};
  const size_t len = strcspn(words, "\r\n");
  if (len > 0)
    snprintf(tail.text, sizeof tail.text, ": %.*s", (int)(len < 400 ? len : 400), words);
  return tail;
}

/* " (memory limit 64 MB)" */
static const char *limit_text(char out[FORMAT_MAX + 20], int64_t limit) {
  char bytes[FORMAT_MAX];
  *out = '\0';
  if (limit > 0)
    snprintf(out, FORMAT_MAX + 20, " (memory limit %s)",
             format_bytes(bytes, sizeof bytes, (double)limit));
  return out;
}

/* ---- pods */

static const char *const image_errors[] = {"ImagePullBackOff",
                                           "ErrImagePull",
                                           "InvalidImageName",
                                           "ErrImageNeverPull",
                                           "ImageInspectError",
                                           "RegistryUnavailable",
                                           NULL};
static const char *const config_errors[] = {"CreateContainerConfigError", "CreateContainerError",
                                            "RunContainerError",          "PreStartHookError",
                                            "PostStartHookError",         NULL};

/* "init container migrate " or "container api "; nothing where a pod has one container only. */
static const char *which(char out[128], const struct kubernetes_pod *pod) {
  *out = '\0';
  if (pod->is_init || pod->containers > 1)
    snprintf(out, 128, "%scontainer %.80s: ", pod->is_init ? "init " : "", pod->container);
  return out;
}

static void judge_loop(const struct kubernetes_pod *pod, struct kubernetes_verdict *verdict) {
  char container[128], restarts[FORMAT_MAX], limit[FORMAT_MAX + 20];
  const bool oom = is(pod->last, "OOMKilled");
  set_state(verdict, "crash loop");
  if (pod->last_finished_s >= 0)
    verdict->since_s = pod->last_finished_s;
  format_counted(restarts, sizeof restarts, pod->restarts, "restart", "restarts");
  which(container, pod);
  if (oom)
    say(verdict, SEVERITY_CRIT, "crash loop: %sOOM-killed%s, %s", container,
        limit_text(limit, pod->memory_limit), restarts);
  else if (pod->last_exit >= 0)
    say(verdict, SEVERITY_CRIT, "crash loop: %sexit code %lld, %s%s", container,
        (long long)pod->last_exit, restarts, tail(pod->last_message).text);
  else
    say(verdict, SEVERITY_CRIT, "crash loop: %s%s%s", container, restarts,
        tail(pod->waiting_message).text);
}

static bool judge_waiting(const struct kubernetes_pod *pod, struct kubernetes_verdict *verdict) {
  char container[128];
  if (!*pod->waiting || is(pod->waiting, "ContainerCreating") ||
      is(pod->waiting, "PodInitializing"))
    return false;
  if (is(pod->waiting, "CrashLoopBackOff")) {
    judge_loop(pod, verdict);
  } else if (is_any(pod->waiting, image_errors)) {
    set_state(verdict, "image pull error");
    say(verdict, SEVERITY_CRIT, "%simage cannot be pulled (%s)%s", which(container, pod),
        pod->waiting, tail(pod->waiting_message).text);
  } else if (is_any(pod->waiting, config_errors)) {
    set_state(verdict, "cannot start");
    say(verdict, SEVERITY_CRIT, "%scannot be started (%s)%s", which(container, pod), pod->waiting,
        tail(pod->waiting_message).text);
  } else {
    set_state(verdict, pod->waiting);
    say(verdict, SEVERITY_WARN, "%swaits: %.60s%s", which(container, pod), pod->waiting,
        tail(pod->waiting_message).text);
  }
  return true;
}

static void judge_pending(const struct kubernetes_object *object,
                          const struct kubernetes_event *warning, double now_s,
                          struct kubernetes_verdict *verdict) {
  const struct kubernetes_pod *pod = &object->pod;
  const double age_s = object->created_s >= 0 ? now_s - object->created_s : 0;
  if (*pod->unscheduled) {
    set_state(verdict, "unschedulable");
    say(verdict, age_s >= UNSCHEDULED_S ? SEVERITY_CRIT : SEVERITY_WARN, "cannot be scheduled%s",
        tail(pod->unscheduled).text);
  } else if (judge_waiting(pod, verdict)) {
    return;
  } else {
    set_state(verdict, *pod->waiting ? "creating" : "pending");
    if (age_s >= UNREADY_S && warning)
      say(verdict, SEVERITY_WARN, "%s%s", verdict->state, tail(warning->message).text);
    else if (age_s >= UNREADY_S)
      say(verdict, SEVERITY_WARN, "%s, and does not start", verdict->state);
  }
}

/* A container ran before: why its run ended. */
static void judge_restart(const struct kubernetes_pod *pod, double now_s,
                          struct kubernetes_verdict *verdict) {
  char container[128], ago[FORMAT_MAX], restarts[FORMAT_MAX], limit[FORMAT_MAX + 20];
  const double since_s = now_s - pod->last_finished_s;
  if (pod->last_finished_s < 0 || pod->restarts == 0)
    return;
  which(container, pod);
  format_duration(ago, sizeof ago, since_s > 0 ? since_s : 0);
  format_counted(restarts, sizeof restarts, pod->restarts, "restart", "restarts");
  if (is(pod->last, "OOMKilled") && since_s < OOM_S)
    say(verdict, since_s < LOOP_S && pod->restarts >= LOOP_RESTARTS ? SEVERITY_CRIT : SEVERITY_WARN,
        "%sOOM-killed %s ago%s, %s", container, ago, limit_text(limit, pod->memory_limit),
        restarts);
  else if (since_s < LOOP_S && pod->restarts >= LOOP_RESTARTS)
    say(verdict, SEVERITY_WARN, "%srestarted %s ago, exit code %lld, %s", container, ago,
        (long long)pod->last_exit, restarts);
  else if (since_s < RECENT_S)
    say(verdict, SEVERITY_WARN, "%srestarted %s ago, exit code %lld", container, ago,
        (long long)pod->last_exit);
  if (verdict->severity != SEVERITY_OK)
    verdict->since_s = pod->last_finished_s;
}

static void judge_running(const struct kubernetes_object *object,
                          const struct kubernetes_event *warning, double now_s,
                          struct kubernetes_verdict *verdict) {
  const struct kubernetes_pod *pod = &object->pod;
  char container[128];
  if (judge_waiting(pod, verdict))
    return;
  judge_restart(pod, now_s, verdict);
  if (pod->ready >= pod->containers && !*pod->unready)
    return;
  set_state(verdict, "not ready");
  if (pod->ready_s >= 0)
    verdict->since_s = pod->ready_s;
  if (*pod->terminated && pod->exit_code > 0)
    say(verdict, SEVERITY_WARN, "%sended with exit code %lld%s", which(container, pod),
        (long long)pod->exit_code, is(pod->terminated, "OOMKilled") ? " (OOM-killed)" : "");
  else if (verdict->since_s < 0 || now_s - verdict->since_s < UNREADY_S ||
           verdict->severity != SEVERITY_OK)
    return;
  else if (*pod->unready)
    say(verdict, SEVERITY_WARN, "not ready%s", tail(pod->unready).text);
  else
    say(verdict, SEVERITY_WARN, "not ready, %lld of %lld containers%s", (long long)pod->ready,
        (long long)pod->containers, warning ? tail(warning->message).text : "");
}

static void judge_failed(const struct kubernetes_pod *pod, struct kubernetes_verdict *verdict) {
  char container[128];
  set_state(verdict, is(pod->reason, "Evicted") ? "evicted" : "failed");
  if (*pod->reason)
    say(verdict, SEVERITY_WARN, "%.60s%s", pod->reason, tail(pod->message).text);
  else if (*pod->terminated)
    say(verdict, SEVERITY_WARN, "%sfailed with exit code %lld%s%s", which(container, pod),
        (long long)pod->exit_code, is(pod->terminated, "OOMKilled") ? " (OOM-killed)" : "",
        tail(pod->terminated_message).text);
  else
    say(verdict, SEVERITY_WARN, "failed");
}

void kubernetes_judge_pod(const struct kubernetes_object *object,
                          const struct kubernetes_event *warning, double now_s,
                          struct kubernetes_verdict *verdict) {
  const struct kubernetes_pod *pod = &object->pod;
  char over[FORMAT_MAX];
  begin(verdict, "running", object->created_s);
  if (object->deleted_s >= 0) {
    set_state(verdict, "terminating");
    verdict->since_s = object->deleted_s;
    if (now_s - object->deleted_s >= TERMINATING_S)
      say(verdict, SEVERITY_WARN, "terminating, %s over its grace period",
          format_duration(over, sizeof over, now_s - object->deleted_s));
  } else if (is(pod->phase, "Succeeded")) {
    set_state(verdict, "completed");
  } else if (is(pod->phase, "Failed")) {
    judge_failed(pod, verdict);
  } else if (is(pod->phase, "Pending")) {
    judge_pending(object, warning, now_s, verdict);
  } else if (is(pod->phase, "Running")) {
    judge_running(object, warning, now_s, verdict);
  } else {
    set_state(verdict, "unknown");
    say(verdict, SEVERITY_UNKNOWN, "its state is not known%s", tail(pod->message).text);
  }
}

/* ---- workloads */

static void judge_cron(const struct kubernetes_object *object, struct kubernetes_verdict *verdict) {
  const struct kubernetes_workload *workload = &object->workload;
  begin(verdict,
        workload->paused       ? "paused"
        : workload->active > 0 ? "running"
                               : "waiting",
        workload->scheduled_s >= 0 ? workload->scheduled_s : object->created_s);
}

/* The cause is what its worst pod says; a job that failed may have no pods any more. */
static void judge_job(const struct kubernetes_object *object, const char *cause, double now_s,
                      struct kubernetes_verdict *verdict) {
  const struct kubernetes_workload *job = &object->workload;
  const bool failed = is(job->finished, "Failed"), finished = *job->finished;
  begin(verdict,
        failed            ? "failed"
        : finished        ? "complete"
        : job->paused     ? "paused"
        : job->active > 0 ? "running"
                          : "waiting",
        finished && job->finished_s >= 0 ? job->finished_s
        : job->started_s >= 0            ? job->started_s
                                         : object->created_s);
  if (failed && (job->finished_s < 0 || now_s - job->finished_s < FAILED_S))
    say(verdict, SEVERITY_WARN, "failed (%.60s)%s", job->finished_reason,
        tail(cause ? cause : job->finished_message).text);
  else if (!finished && cause)
    say(verdict, SEVERITY_WARN, "not complete%s", tail(cause).text);
}

/* Whether the newest revision is out. */
static bool is_complete(const struct kubernetes_object *object) {
  const struct kubernetes_workload *workload = &object->workload;
  return workload->observed >= object->generation &&
         (workload->surges_nothing || workload->updated >= workload->desired) &&
         workload->available >= workload->desired;
}

/* What the pods, the autoscaled number of them or a quota say of a workload with too few pods. */
static void judge_pods(const struct kubernetes_object *object,
                       const struct kubernetes_event *warning, const char *cause, bool settled,
                       struct kubernetes_verdict *verdict) {
  const struct kubernetes_workload *workload = &object->workload;
  const bool none = workload->available <= 0;
  const char *why = cause                           ? cause
                    : is(workload->failure, "True") ? workload->failure_message
                    : warning && none               ? warning->message
                                                    : "";
  if (!settled && !cause && !is(workload->failure, "True"))
    return;
  if (none)
    set_state(verdict, "down");
  else if (is(verdict->state, "complete") ||
           is(workload->progressing_reason, "NewReplicaSetAvailable"))
    set_state(verdict, "degraded"); /* the rollout was complete before */
  say(verdict, none ? SEVERITY_CRIT : SEVERITY_WARN, "%lld of %lld pods available%s",
      (long long)workload->available, (long long)workload->desired, tail(why).text);
}

void kubernetes_judge_workload(const struct kubernetes_object *object,
                               const struct kubernetes_event *warning, const char *cause,
                               double now_s, struct kubernetes_verdict *verdict) {
  const struct kubernetes_workload *workload = &object->workload;
  const double changed_s =
      workload->available_s > object->created_s ? workload->available_s : object->created_s;
  if (object->kind == KUBERNETES_CRON_JOB) {
    judge_cron(object, verdict);
    return;
  }
  if (object->kind == KUBERNETES_JOB) {
    judge_job(object, cause, now_s, verdict);
    return;
  }
  begin(verdict,
        workload->paused      ? "paused"
        : is_complete(object) ? "complete"
                              : "rolling out",
        workload->progressing_s >= 0 ? workload->progressing_s : object->created_s);
  if (is(workload->progressing, "False")) {
    set_state(verdict, "stuck");
    say(verdict, SEVERITY_CRIT, "rollout is stuck (%.60s)%s", workload->progressing_reason,
        tail(cause ? cause : workload->progressing_message).text);
  } else if (workload->available < workload->desired) {
    const bool settled = changed_s < 0 || now_s - changed_s >= SETTLE_S;
    const bool rolling = is(verdict->state, "rolling out") && is(workload->is_available, "True");
    judge_pods(object, warning, cause, settled && !rolling, verdict);
  } else if (!is_complete(object) && cause) { /* the old pods still serve */
    say(verdict, SEVERITY_WARN, "rollout has not finished, %lld of %lld pods updated%s",
        (long long)workload->updated, (long long)workload->desired, tail(cause).text);
  }
}

/* ---- nodes, claims and volumes */

void kubernetes_judge_node(const struct kubernetes_object *object, double now_s,
                           struct kubernetes_verdict *verdict) {
  const struct kubernetes_node *node = &object->node;
  (void)now_s;
  begin(verdict, node->unschedulable ? "cordoned" : "ready", node->ready_s);
  if (is(node->ready, "True") && node->trouble_count == 0)
    return;
  if (is(node->ready, "True")) {
    say(verdict, SEVERITY_WARN, "%.80s%s", node->troubles[0].type,
        tail(node->troubles[0].message).text);
  } else if (is(node->ready, "False")) {
    set_state(verdict, "not ready");
    say(verdict, SEVERITY_CRIT, "not ready%s", tail(node->ready_message).text);
  } else {
    set_state(verdict, "unknown");
    say(verdict, SEVERITY_CRIT, "its kubelet does not report%s", tail(node->ready_message).text);
  }
}

static void judge_volume(const struct kubernetes_storage *volume,
                         struct kubernetes_verdict *verdict) {
  if (is(volume->phase, "Failed")) {
    set_state(verdict, "failed");
    say(verdict, SEVERITY_CRIT, "failed%s", tail(volume->message).text);
  } else {
    set_state(verdict, is(volume->phase, "Released") ? "released" : "available");
  }
}

/* A claim that is bound: only a resize that failed is wrong with it. */
static void judge_resize(const struct kubernetes_storage *claim,
                         struct kubernetes_verdict *verdict) {
  if (is(claim->condition, "FileSystemResizePending")) {
    set_state(verdict, "resize pending"); /* until a pod mounts it */
  } else if (strstr(claim->condition, "ResizeError")) {
    set_state(verdict, "resize failed");
    say(verdict, SEVERITY_WARN, "cannot be resized%s", tail(claim->condition_message).text);
  } else if (*claim->condition) {
    set_state(verdict, "resizing");
  }
}

void kubernetes_judge_storage(const struct kubernetes_object *object,
                              const struct kubernetes_event *event, double now_s,
                              struct kubernetes_verdict *verdict) {
  const struct kubernetes_storage *storage = &object->storage;
  const double age_s = object->created_s >= 0 ? now_s - object->created_s : 0;
  begin(verdict, "bound", object->created_s);
  if (object->kind == KUBERNETES_VOLUME) {
    judge_volume(storage, verdict);
  } else if (is(storage->phase, "Lost")) {
    set_state(verdict, "lost");
    say(verdict, SEVERITY_CRIT, "its volume %.80s no longer exists", storage->volume);
  } else if (!is(storage->phase, "Bound")) {
    const bool waits = event && is(event->reason, "WaitForFirstConsumer");
    set_state(verdict, waits ? "waiting" : "pending");
    if (!waits && (event || age_s >= PENDING_S))
      say(verdict, age_s >= PENDING_S ? SEVERITY_CRIT : SEVERITY_WARN, "pending%s",
          tail(event ? event->message : "no volume was provided").text);
  } else {
    judge_resize(storage, verdict);
  }
}
