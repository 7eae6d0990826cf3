/* Makes a persistent volume claim larger. A claim has no generation: the change tests the uid and
 * the size that was shown. What is asked for is not what is there: a driver resizes the volume, and
 * the file system often only when a pod mounts it. */
#include "actions/found.h"
#include "actions/kubernetes/kubernetes_quantity.h"
#include "actions/kubernetes/kubernetes_workload.h"
#include "actions/shown.h"
#include "clients/kubernetes/kubernetes_contract.h"
#include "clients/kubernetes/kubernetes_rollout.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  STEP_MS = 15000,
  LOOK_AGAIN_MS = 500,
  QUIET_MS = 10000,  /* a driver that says nothing for so long is not waited for */
  RESIZE_MS = 300000 /* one that has begun is */
};

static const struct option params[] = {
    {.name = "size",
     .type = OPTION_TEXT,
     .required = true,
     .check = kubernetes_size_check,
     .help = "the new size, larger than now, as Kubernetes writes it: 20Gi, 500G",
     .example = "20Gi"},
};

/* ---- survey: the claim, and whether its class lets it grow */

static const struct column_spec claim_columns[] = {{.id = "claim", .title = "CLAIM"}};
static const struct table_spec claims_table = FOUND_TABLE("claims", "Claims", claim_columns);

static const json_t *at(const json_t *object, const char *name) {
  return json_object_get(object, name);
}

static const char *text_at(const json_t *object, const char *name) {
  const char *text = json_string_value(at(object, name));
  return text ? text : "";
}

static const char *size_in(const json_t *claim, const char *part) {
  const json_t *of = at(claim, part);
  return text_at(strcmp(part, "spec") == 0 ? at(at(of, "resources"), "requests")
                                           : at(of, "capacity"),
                 "storage");
}

/* "yes", "no", or why it is not known. */
static const char *growth_of(struct step *step, const char *class) {
  char path[KUBERNETES_PATH_MAX];
  int status = 0;
  if (!kubernetes_path(path, "/apis/storage.k8s.io/v1/storageclasses/%s", class))
    return "no";
  const json_t *found = kubernetes_step_get(step, path, false, &status);
  if (found)
    return json_is_true(at(found, "allowVolumeExpansion")) ? "yes" : "no";
  return status == 404 ? "missing" : status == 401 || status == 403 ? "denied" : NULL;
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&claims_table};
  struct kubernetes_subject subject;
  char path[KUBERNETES_PATH_MAX];
  step->found = found_new(specs, 1);
  if (!kubernetes_subject_of(step->call->request, 0, &subject, &step->err))
    return false;
  if (!kubernetes_object_path(path, KUBERNETES_CLAIM, subject.namespace, subject.name, ""))
    return step_fail(step, ERR_INVALID, "not the name of an object");
  const json_t *claim = kubernetes_step_get(step, path, false, NULL);
  if (!claim)
    return false;
  if (strcmp(text_at(at(claim, "metadata"), "uid"), subject.uid) != 0)
    return step_fail(step, ERR_INVALID, "it was deleted, and another one has its name");
  const char *class = text_at(at(claim, "spec"), "storageClassName");
  found_set_text(step->found, "namespace", subject.namespace);
  found_set_text(step->found, "name", subject.name);
  found_set_text(step->found, "wanted", size_in(claim, "spec"));
  found_set_text(step->found, "capacity", size_in(claim, "status"));
  found_set_text(step->found, "phase", text_at(at(claim, "status"), "phase"));
  found_set_text(step->found, "class", class);
  if (!*class)
    return true;
  const char *grows = growth_of(step, found_text(step->found, "class"));
  if (!grows)
    return false;
  found_set_text(step->found, "grows", grows);
  return true;
}

/* ---- plan */

static bool may_grow(const struct sample *found, struct plan *plan, struct err *err) {
  const char *class = found_text(found, "class"), *grows = found_text(found, "grows");
  if (strcmp(found_text(found, "phase"), "Bound") != 0)
    return err_set(err, ERR_INVALID, "it is %.40s: only a claim that is bound can be resized",
                   *found_text(found, "phase") ? found_text(found, "phase") : "not bound");
  if (!*class)
    return err_set(err, ERR_INVALID, "it has no storage class, so nothing can resize its volume");
  if (strcmp(grows, "no") == 0)
    return err_set(err, ERR_INVALID,
                   "the storage class %.80s does not allow it (allowVolumeExpansion is not true)",
                   class);
  if (strcmp(grows, "missing") == 0)
    return err_set(err, ERR_INVALID,
                   "its storage class %.80s no longer exists, so nothing can resize its volume",
                   class);
  if (strcmp(grows, "denied") == 0)
    plan_say(plan, PLAN_WARNING,
             "no right to read the storage class %s: the server may refuse the change", class);
  else
    plan_say(plan, PLAN_BLAST, "its storage class %s allows it", class);
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"CLASS", false}, {"SIZE", true}, {"REQUEST", true}, {"NEW", true}};
  static const char *const identities[] = {"uid", "kind", "namespace", "name", "before", "wanted"};
  const struct sample *found = request->found;
  const char *size = request->params[0].text, *before = found_text(found, "wanted");
  const char *namespace = found_text(found, "namespace"), *name = found_text(found, "name");
  const char *capacity = found_text(found, "capacity");
  struct arena *arena = &plan->arena;
  int64_t bytes;
  if (!kubernetes_size_parse(size, &bytes, err))
    return false;
  const double wanted = kubernetes_quantity(size);
  ACTION_OBJECTS(plan, columns, identities);
  const char *label = plan_printf(plan, "%s/%s", namespace, name);
  if (!plan_object(plan, request->keys[0], label))
    return err_set(err, ERR_LIMIT, "the plan is too large");
  ACTION_CELLS(plan, plan_copy(plan, found_text(found, "class")), plan_copy(plan, capacity),
               plan_copy(plan, before), plan_copy(plan, size));
  action_bind(plan, "uid", plan_copy(plan, request->keys[0]));
  action_bind(plan, "kind", kubernetes_kind_info(KUBERNETES_CLAIM)->word);
  action_bind(plan, "namespace", plan_copy(plan, namespace));
  action_bind(plan, "name", plan_copy(plan, name));
  action_bind(plan, "before", plan_copy(plan, before));
  action_bind(plan, "wanted", plan_copy(plan, size));
  if (wanted == kubernetes_quantity(before))
    return err_set(err, ERR_INVALID, "nothing to change: it requests %s already",
                   kubernetes_size_shown(arena, before));
  if (wanted < kubernetes_quantity(before) || wanted < kubernetes_quantity(capacity))
    return err_set(err, ERR_INVALID, "it has %s: a claim can only become larger",
                   kubernetes_size_shown(arena, *capacity ? capacity : before));
  plan->unit = "claim";
  plan->title = plan_printf(plan, "Resize %s to %s", label, kubernetes_size_shown(arena, size));
  plan_say(plan, PLAN_EFFECT,
           "kubectl patch persistentvolumeclaim/%s --patch "
           "'{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"%s\"}}}}'%s",
           shown_word(arena, name), size, kubernetes_plan_flags(request, plan, namespace));
  plan_say(plan, PLAN_BLAST, "requests %s, so far %s", kubernetes_size_shown(arena, size),
           kubernetes_size_shown(arena, before));
  plan_say(
      plan, PLAN_BLAST,
      "the driver resizes the volume; the file system may grow only when a pod next mounts it");
  if (!may_grow(found, plan, err))
    return false;
  plan_say(plan, PLAN_PRECONDITION,
           "it is the object with that uid, and requests what is shown; the server tests both in "
           "the change itself");
  plan_say(plan, PLAN_LOSS, "the smaller size: a claim can never become smaller again");
  return true;
}

/* ---- execute */

struct resize {
  struct step *step;
  int64_t began_ms;
  char doing[80];                    /* the condition of the resize under way; "" */
  char trouble[KUBERNETES_TEXT_MAX]; /* what the driver says is wrong; "" */
};

static const json_t *read_claim(struct step *step, int *status) {
  const struct plan *plan = step->call->plan;
  char path[KUBERNETES_PATH_MAX];
  *status = 0;
  if (kubernetes_object_path(path, KUBERNETES_CLAIM, action_identity(plan, 0, "namespace"),
                             action_identity(plan, 0, "name"), ""))
    return kubernetes_step_get(step, path, false, status);
  step_fail(step, ERR_INVALID, "not the name of an object");
  return NULL;
}

static bool is_planned(struct step *step, bool *settled) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  int status;
  const json_t *claim = read_claim(step, &status);
  *settled = claim || status == 404;
  if (status == 404)
    outcome_set(outcome, 0, OBJECT_GONE, "it no longer exists");
  if (!claim)
    return false;
  if (strcmp(text_at(at(claim, "metadata"), "uid"), action_identity(plan, 0, "uid")) != 0)
    outcome_set(outcome, 0, OBJECT_GONE, "it was deleted, and another one has its name");
  else if (strcmp(size_in(claim, "spec"), action_identity(plan, 0, "before")) != 0)
    outcome_set(outcome, 0, OBJECT_REFUSED,
                "its size was changed since the plan was made (it now requests %.40s)",
                size_in(claim, "spec"));
  else
    return true;
  return false;
}

/* What a driver says of a resize is in the claim's conditions, and in its events where it fails. */
static void take_conditions(struct resize *resize, const json_t *claim) {
  const json_t *conditions = at(at(claim, "status"), "conditions");
  *resize->doing = '\0';
  for (size_t i = 0; i < json_array_size(conditions); i++) {
    const json_t *one = json_array_get(conditions, i);
    const char *type = text_at(one, "type");
    if (strcmp(text_at(one, "status"), "True") != 0)
      continue;
    if (strstr(type, "ResizeError"))
      snprintf(resize->trouble, sizeof resize->trouble, "%.400s", text_at(one, "message"));
    else
      snprintf(resize->doing, sizeof resize->doing, "%.79s", type);
  }
}

static void take_events(struct resize *resize) {
  const struct plan *plan = resize->step->call->plan;
  char list[KUBERNETES_PATH_MAX], path[2 * KUBERNETES_PATH_MAX];
  const char *uid = action_identity(plan, 0, "uid");
  if (strspn(uid, "0123456789abcdefABCDEF-") != strlen(uid) ||
      !kubernetes_list_path(list, KUBERNETES_WARNING, action_identity(plan, 0, "namespace")))
    return;
  snprintf(path, sizeof path,
           "%slimit=50&fieldSelector=type%%3DWarning%%2CinvolvedObject.uid%%3D%s", list, uid);
  const json_t *items = at(kubernetes_step_get(resize->step, path, false, NULL), "items");
  for (size_t i = 0; i < json_array_size(items); i++) {
    const json_t *event = json_array_get(items, i);
    if (strstr(text_at(event, "reason"), "Resize"))
      snprintf(resize->trouble, sizeof resize->trouble, "%.400s", text_at(event, "message"));
  }
}

__attribute__((format(printf, 2, 3))) static bool partly(struct resize *resize, const char *format,
                                                         ...) {
  char words[KUBERNETES_TEXT_MAX + 200];
  va_list args;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  outcome_set_partly(resize->step->call->outcome, 0, NULL, "%s%s%s", words,
                     *resize->trouble ? ": " : "", resize->trouble);
  return true;
}

/* Whether the outcome says what has become of it. */
static bool is_settled(struct resize *resize, const json_t *claim, bool last_look) {
  const struct plan *plan = resize->step->call->plan;
  const char *wanted = action_identity(plan, 0, "wanted"), *capacity = size_in(claim, "status");
  const int64_t lasted_ms = clock_now_ms() - resize->began_ms;
  char took[FORMAT_MAX];
  format_duration(took, sizeof took, (double)lasted_ms / 1000);
  if (strcmp(text_at(at(claim, "metadata"), "uid"), action_identity(plan, 0, "uid")) != 0)
    return partly(resize, "changed, and then deleted");
  if (kubernetes_quantity(size_in(claim, "spec")) < kubernetes_quantity(wanted))
    return partly(resize, "changed, and then changed by others to %.40s", size_in(claim, "spec"));
  if (kubernetes_quantity(capacity) >= kubernetes_quantity(wanted)) {
    outcome_set(resize->step->call->outcome, 0, OBJECT_DONE, "resized to %.40s after %s", capacity,
                took);
    return true;
  }
  if (strcmp(resize->doing, "FileSystemResizePending") == 0)
    return partly(resize, "accepted, and the volume was resized; its file system grows when a pod "
                          "next mounts it (FileSystemResizePending)");
  if (last_look)
    return partly(resize, "accepted, and not resized yet when it was cancelled");
  if (*resize->trouble && lasted_ms >= QUIET_MS)
    return partly(resize, "accepted, and the driver cannot resize it");
  if (lasted_ms >= (*resize->doing ? RESIZE_MS : QUIET_MS))
    return partly(resize, "accepted, the driver has not resized it yet (%s)",
                  *resize->doing ? resize->doing : "it has not begun");
  return false;
}

static bool wait_resized(struct step *step) {
  struct resize resize = {.step = step, .began_ms = clock_now_ms()};
  for (;;) {
    const bool stops = step->cancelled;
    int status;
    take_events(&resize);
    const json_t *claim = read_claim(step, &status);
    if (status == 404)
      return partly(&resize, "changed, and then deleted");
    if (!claim)
      return false;
    take_conditions(&resize, claim);
    if (is_settled(&resize, claim, stops))
      return true;
    struct progress *progress = step->call->progress;
    snprintf(progress->step, sizeof progress->step, "waiting for the driver%s%.60s",
             *resize.doing ? ": " : "", resize.doing);
    step_report(step);
    if (!step_sleep(step, LOOK_AGAIN_MS) && step->dropped)
      return step_fail(step, ERR_TIMEOUT, "given up while waiting for the driver");
  }
}

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  const char *path = "/spec/resources/requests/storage";
  bool settled;
  if (!is_planned(step, &settled))
    return settled;
  char *patch =
      kubernetes_patch_text(action_identity(plan, 0, "uid"), -1,
                            json_pack("[{s:s,s:s,s:s},{s:s,s:s,s:s}]", "op", "test", "path", path,
                                      "value", action_identity(plan, 0, "before"), "op", "replace",
                                      "path", path, "value", action_identity(plan, 0, "wanted")));
  if (!kubernetes_patch(step, 0, "", patch))
    return false;
  /* here, because a person can stop an execution */
  return step->call->outcome->objects[0].result != OBJECT_SENT || wait_resized(step);
}

static bool verify(struct step *step) {
  outcome_proof(step->call->outcome, "%s", step->call->outcome->objects[0].words);
  return true;
}

static bool applies(const struct action_request *request, struct err *why) {
  struct kubernetes_subject subject;
  if (request->key_count != 1)
    return err_set(why, ERR_INVALID, "select one claim");
  return kubernetes_subject_of(request, 0, &subject, why) &&
         (subject.kind == KUBERNETES_CLAIM ||
          err_set(why, ERR_UNSUPPORTED, "a volume is resized by its claim"));
}

STEP(survey, STEP_MS)
STEP(execute, 0)
STEP(verify, STEP_MS)

const struct action action_kubernetes_resize_claim = {
    .spec = {.id = "kubernetes.resize-claim",
             .kind = "kubernetes",
             .table = KUBERNETES_STORAGE_TABLE,
             .title = "resize",
             .past = "resized",
             .what = "makes a persistent volume claim larger",
             .runs = "kubectl patch persistentvolumeclaim/NAME: resources.requests.storage: SIZE",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    .applies = applies,
    STEPS,
};
