/* Following a rollout to its end. */
#include "clients/kubernetes/kubernetes_rollout.h"
#include "actions/kubernetes/kubernetes_workload.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <stdio.h>
#include <string.h>

enum {
  LOOK_AGAIN_MS = 200,
  LOOK_AT_PODS_MS = 1000,
  TROUBLE_MS = 10000, /* new pods that are in trouble for so long: it will not be rolled out soon */
  NEW_S = 5,          /* pods created at most so long before are of this change */
};

struct rollout {
  struct step *step;
  size_t object;
  enum kubernetes_kind kind;
  const char *namespace, *name, *uid;
  int64_t wanted, began_ms, looked_ms;
  int64_t began_s;    /* the server's clock */
  int64_t trouble_ms; /* since when new pods are in trouble, on the steady clock; 0: they are not */
  char trouble[KUBERNETES_TROUBLE_MAX];
};

/* ---- what holds it up */

/* Looks at the pods that this change has made. A refused list is no reason to give up. */
static void look_at_pods(struct rollout *rollout, const char *selector) {
  char list[KUBERNETES_PATH_MAX], path[2 * KUBERNETES_PATH_MAX];
  bool found = false;
  rollout->looked_ms = clock_now_ms();
  if (!*selector || !kubernetes_list_path(list, KUBERNETES_POD, rollout->namespace))
    return;
  snprintf(path, sizeof path, "%slimit=100&labelSelector=%s", list, selector);
  const json_t *items =
      json_object_get(kubernetes_step_get(rollout->step, path, false, NULL), "items");
  for (size_t i = 0; i < json_array_size(items) && !found; i++) {
    struct kubernetes_object *pod = kubernetes_object_new(KUBERNETES_POD, json_array_get(items, i));
    found = pod && pod->deleted_s < 0 && pod->created_s >= (double)(rollout->began_s - NEW_S) &&
            kubernetes_trouble(pod, rollout->trouble);
    kubernetes_object_free(pod);
  }
  if (!found)
    rollout->trouble_ms = 0;
  else if (rollout->trouble_ms == 0)
    rollout->trouble_ms = clock_now_ms();
}

/* ---- how far it is */

static void say_partly(struct rollout *rollout, const struct kubernetes_object *object,
                       const char *why, const char *cause) {
  const struct kubernetes_workload *workload = &object->workload;
  const struct amount amount = {.done = kubernetes_rolled_pods(object),
                                .total = workload->desired > 0 ? workload->desired : 0,
                                .unit = "pods"};
  outcome_set_partly(rollout->step->call->outcome, rollout->object, &amount, "%s%s%s", why,
                     *cause ? ": " : "", cause);
}

/* Whether the outcome says what has become of it. */
static bool is_settled(struct rollout *rollout, const struct kubernetes_object *object,
                       bool last_look) {
  const struct kubernetes_workload *workload = &object->workload;
  const int64_t now_ms = clock_now_ms();
  char took[FORMAT_MAX], stuck[KUBERNETES_STUCK_MAX];
  format_duration(took, sizeof took, (double)(now_ms - rollout->began_ms) / 1000);
  if (rollout->wanted >= 0 && workload->desired != rollout->wanted) {
    outcome_set_partly(rollout->step->call->outcome, rollout->object, NULL,
                       "scaled, but it was then set to %lld replicas, as by an autoscaler",
                       (long long)workload->desired);
  } else if (kubernetes_is_rolled(object)) {
    outcome_set(rollout->step->call->outcome, rollout->object, OBJECT_DONE,
                rollout->wanted >= 0 ? "scaled after %s" : "rolled out after %s", took);
  } else if (*kubernetes_stuck(object, stuck)) {
    say_partly(rollout, object, stuck, rollout->trouble);
  } else if (rollout->trouble_ms && now_ms - rollout->trouble_ms >= TROUBLE_MS) {
    say_partly(rollout, object, "new pods do not start", rollout->trouble);
  } else if (now_ms - rollout->began_ms >= KUBERNETES_ROLLOUT_MS) {
    say_partly(rollout, object, "not rolled out within 5m", rollout->trouble);
  } else if (last_look) {
    say_partly(rollout, object, "still rolling out when it was cancelled", rollout->trouble);
  } else {
    return false;
  }
  return true;
}

static void report(const struct rollout *rollout, const struct kubernetes_object *object) {
  struct progress *progress = rollout->step->call->progress;
  snprintf(progress->step, sizeof progress->step, "rolling out %.60s", rollout->name);
  step_progress(rollout->step, kubernetes_rolled_pods(object), object->workload.desired, "pods");
}

bool kubernetes_wait_rolled(struct step *step, size_t object, int64_t wanted) {
  const struct plan *plan = step->call->plan;
  struct rollout rollout = {.step = step,
                            .object = object,
                            .kind = kubernetes_kind_of(action_identity(plan, object, "kind")),
                            .namespace = action_identity(plan, object, "namespace"),
                            .name = action_identity(plan, object, "name"),
                            .uid = action_identity(plan, object, "uid"),
                            .wanted = wanted,
                            .began_ms = clock_now_ms(),
                            .began_s = -1};
  rollout.looked_ms = rollout.began_ms;
  for (;;) {
    char selector[KUBERNETES_TEXT_MAX + 1];
    bool gone;
    const bool stops = step->cancelled;
    const struct kubernetes_object *now = kubernetes_step_read(
        step, rollout.kind, rollout.namespace, rollout.name, rollout.uid, &gone);
    if (gone) {
      outcome_set_partly(step->call->outcome, object, NULL, "changed, and then deleted");
      return true;
    }
    if (!now)
      return false;
    if (rollout.began_s < 0)
      rollout.began_s = kubernetes_step_clock(step);
    if (is_settled(&rollout, now, stops))
      return true;
    report(&rollout, now);
    snprintf(selector, sizeof selector, "%s", now->workload.selector);
    if (clock_now_ms() - rollout.looked_ms >= LOOK_AT_PODS_MS)
      look_at_pods(&rollout, selector);
    if (!step_sleep(step, LOOK_AGAIN_MS) && step->dropped)
      return step_fail(step, ERR_TIMEOUT, "given up while waiting for the rollout");
  }
}
