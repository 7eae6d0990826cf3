/* Deletes pods. The uid is a precondition of the deletion itself, so that a new pod of the name, as
 * in a stateful set, is never touched. */
#include "actions/found.h"
#include "actions/kubernetes/kubernetes_workload.h"
#include "actions/shown.h"
#include "clients/kubernetes/kubernetes_contract.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  STEP_MS = 15000,
  GONE_MS = 60000, /* beyond the grace period */
  LOOK_AGAIN_MS = 200,
  GRACE_MAX = 3600,
};

static const struct option params[] = {
    {.name = "grace",
     .type = OPTION_INT,
     .min = 0,
     .max = GRACE_MAX,
     .help =
         "seconds until its containers are killed; 0: at once, without waiting for the kubelet; "
         "else as the pod says"},
};

/* ---- survey */

enum pod_column { POD_LABEL, POD_STATE, POD_NODE, POD_OWNER, POD_NAMESPACE, POD_NAME, POD_COUNT };
static const struct column_spec pod_columns[POD_COUNT] = {
    [POD_LABEL] = {.id = "pod", .title = "POD"},
    [POD_STATE] = {.id = "state", .title = "STATE"},
    [POD_NODE] = {.id = "node", .title = "NODE"},
    [POD_OWNER] = {.id = "owner", .title = "OWNER"},
    [POD_NAMESPACE] = {.id = "namespace", .title = "NAMESPACE"},
    [POD_NAME] = {.id = "name", .title = "NAME"},
};
static const struct table_spec pods_table = FOUND_TABLE("pods", "Pods", pod_columns);

static const char *state_of(const struct kubernetes_object *object) {
  return object->deleted_s >= 0 ? "terminating"
         : *object->pod.waiting ? object->pod.waiting
                                : object->pod.phase;
}

static bool add_pod(struct step *step, size_t index) {
  struct sample *found = step->found;
  struct kubernetes_subject subject;
  char owner[KUBERNETES_TEXT_MAX + 1];
  bool gone;
  if (!kubernetes_subject_of(step->call->request, index, &subject, &step->err))
    return false;
  const struct kubernetes_object *object = kubernetes_step_read(
      step, KUBERNETES_POD, subject.namespace, subject.name, subject.uid, &gone);
  if (!object)
    return false;
  struct row *row = sample_row(found, &found->tables[0], object->uid, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "too many pods");
  const char *kind = kubernetes_pod_workload(object, owner);
  const char *const texts[POD_COUNT] = {
      [POD_LABEL] = sample_printf(found, "%s/%s", object->namespace, object->name),
      [POD_STATE] = state_of(object),
      [POD_NODE] = object->pod.node,
      [POD_OWNER] = *kind ? sample_printf(found, "%s %s", kind, owner) : "",
      [POD_NAMESPACE] = object->namespace,
      [POD_NAME] = object->name};
  for (size_t i = 0; i < POD_COUNT; i++)
    row->cells[i] = value_text(sample_copy(found, texts[i]));
  return true;
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&pods_table};
  step->found = found_new(specs, 1);
  for (size_t i = 0; i < step->call->request->key_count; i++)
    if (!add_pod(step, i))
      return false;
  return true;
}

/* ---- plan */

static bool add_object(const struct action_request *request, struct plan *plan,
                       const struct row *row, struct err *err) {
  const struct value *cells = row->cells;
  const struct option_value *grace = &request->params[0];
  if (!plan_object(plan, row->key, cells[POD_LABEL].text))
    return err_set(err, ERR_LIMIT, "more than %d pods", PLAN_OBJECTS_MAX);
  ACTION_CELLS(plan, plan_copy(plan, cells[POD_STATE].text), plan_copy(plan, cells[POD_NODE].text),
               plan_copy(plan, cells[POD_OWNER].text));
  action_bind(plan, "uid", plan_copy(plan, row->key));
  action_bind(plan, "namespace", plan_copy(plan, cells[POD_NAMESPACE].text));
  action_bind(plan, "name", plan_copy(plan, cells[POD_NAME].text));
  action_bind_number(plan, "grace", grace->set ? grace->number : -1);
  plan_say(plan, PLAN_EFFECT, "kubectl delete pod/%s%s%s%s",
           shown_word(&plan->arena, cells[POD_NAME].text),
           grace->set ? plan_printf(plan, " --grace-period=%lld", (long long)grace->number) : "",
           grace->set && grace->number == 0 ? " --force" : "",
           kubernetes_plan_flags(request, plan, cells[POD_NAMESPACE].text));
  if (*cells[POD_OWNER].text)
    plan_say(plan, PLAN_BLAST, "%s makes a new pod in its place", cells[POD_OWNER].text);
  else
    plan_say(plan, PLAN_WARNING, "%s is not replaced: it has no controller", cells[POD_LABEL].text);
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"STATE", false}, {"NODE", false}, {"OWNER", false}};
  static const char *const identities[] = {"uid", "namespace", "name", "grace"};
  const struct table *table = &request->found->tables[0];
  const struct option_value *grace = &request->params[0];
  ACTION_OBJECTS(plan, columns, identities);
  if (table->row_count == 0)
    return err_set(err, ERR_INVALID, "no pod is selected");
  for (size_t i = 0; i < table->row_count; i++)
    if (!add_object(request, plan, &table->rows[i], err))
      return false;
  plan->unit = plan->object_count == 1 ? "pod" : "pods";
  plan->title = plan->object_count == 1 ? plan_printf(plan, "Delete pod %s", plan->objects[0].label)
                                        : plan_printf(plan, "Delete %zu pods of %s",
                                                      plan->object_count, request->target->name);
  if (grace->set && grace->number == 0)
    plan_say(
        plan, PLAN_WARNING,
        "the API server forgets it at once: where its node does not answer, its containers may "
        "still run beside those of the new pod");
  plan_say(plan, PLAN_PRECONDITION, "it is the pod with that uid: the server tests it itself");
  plan_say(plan, PLAN_LOSS, "what it holds in memory and in its own file systems");
  return true;
}

/* ---- execute, verify */

static bool delete_pod(struct step *step, size_t object) {
  const struct plan *plan = step->call->plan;
  const int64_t grace = action_identity_number(plan, object, "grace", -1);
  char path[KUBERNETES_PATH_MAX];
  json_t *options = json_pack("{s:s,s:s,s:{s:s}}", "kind", "DeleteOptions", "apiVersion", "v1",
                              "preconditions", "uid", action_identity(plan, object, "uid"));
  if (grace >= 0)
    json_object_set_new(options, "gracePeriodSeconds", json_integer((json_int_t)grace));
  char *text = json_dumps(options, JSON_COMPACT);
  json_decref(options);
  bool goes_on = false;
  if (text &&
      kubernetes_object_path(path, KUBERNETES_POD, action_identity(plan, object, "namespace"),
                             action_identity(plan, object, "name"), ""))
    goes_on = kubernetes_step_settle(
        step, object,
        kubernetes_step_change(
            step, &(struct kubernetes_change){.method = "DELETE", .path = path, .json = text}));
  else
    step_fail(step, ERR_INVALID, "not the name of a pod");
  free(text);
  return goes_on;
}

static void say_gone(struct step *step, size_t object, int64_t began_ms) {
  char took[FORMAT_MAX];
  format_duration(took, sizeof took, (double)(clock_now_ms() - began_ms) / 1000);
  outcome_set(step->call->outcome, object, OBJECT_DONE, "gone after %s", took);
}

/* Waits until the pod is gone. False with step->err when that cannot be known. */
static bool wait_gone(struct step *step, size_t object, int64_t began_ms) {
  const struct plan *plan = step->call->plan;
  for (;;) {
    bool gone;
    const bool stops = step->cancelled;
    const struct kubernetes_object *pod = kubernetes_step_read(
        step, KUBERNETES_POD, action_identity(plan, object, "namespace"),
        action_identity(plan, object, "name"), action_identity(plan, object, "uid"), &gone);
    if (gone) {
      say_gone(step, object, began_ms);
      return true;
    }
    if (!pod)
      return false;
    const double due_s = pod->deleted_s - (double)kubernetes_step_clock(step);
    if (stops || (due_s * 1000 < -(double)GONE_MS && clock_now_ms() - began_ms > GONE_MS)) {
      outcome_set_partly(step->call->outcome, object, NULL, "still terminating%s",
                         stops ? " when it was cancelled"
                               : ": its node does not confirm it, or a finalizer holds it");
      return true;
    }
    if (!step_sleep(step, LOOK_AGAIN_MS) && step->dropped)
      return step_fail(step, ERR_TIMEOUT, "given up while waiting for its end");
  }
}

/* The pods are waited for here, because a person can stop an execution. */
static bool execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const int64_t began_ms = clock_now_ms();
  for (size_t i = 0; i < outcome->count; i++) {
    if (step->cancelled) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "cancelled before its turn");
      return step_fail(step, ERR_NONE, "cancelled");
    }
    if (!delete_pod(step, i))
      return false;
    step_yield(step);
  }
  for (size_t i = 0; i < outcome->count; i++) {
    if (outcome->objects[i].result == OBJECT_SENT && !wait_gone(step, i, began_ms))
      return false;
    step_progress(step, (int64_t)i + 1, (int64_t)outcome->count, "pods");
  }
  return true;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const size_t gone = outcome_count(outcome, OBJECT_DONE) + outcome_count(outcome, OBJECT_GONE);
  if (gone > 0)
    outcome_proof(outcome, "%zu of %zu gone", gone, outcome->count);
  return true;
}

STEP(survey, STEP_MS)
STEP(execute, 0)
STEP(verify, STEP_MS)

const struct action action_kubernetes_delete_pod = {
    .spec = {.id = "kubernetes.delete-pod",
             .kind = "kubernetes",
             .table = KUBERNETES_PODS_TABLE,
             .key = 'D',
             .title = "delete pod",
             .past = "deleted",
             .what = "deletes the selected pods; a controller makes new ones in their place",
             .runs = "kubectl delete pod/NAME",
             .danger = DANGER_DESTRUCTIVE,
             .many = true,
             ACTION_PARAMS(params)},
    STEPS,
};
