#include "actions/kubernetes/kubernetes_workload.h"

#include "actions/found.h"
#include "actions/shown.h"
#include "clients/kubernetes/kubernetes_contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows */

static const char *cell_text(const struct table_spec *spec, const struct row *row,
                             const char *column) {
  const int index = table_column(spec, column);
  return index >= 0 && row->cells[index].type == VALUE_TEXT ? row->cells[index].text : "";
}

bool kubernetes_subject_of(const struct action_request *request, size_t index,
                           struct kubernetes_subject *subject, struct err *err) {
  const struct table *table = action_table(request, request->table);
  const struct row *row = table ? action_row(request, index) : NULL;
  if (!row)
    return err_set(err, ERR_INVALID, "it no longer exists");
  const bool is_pod = strcmp(request->table, KUBERNETES_PODS_TABLE) == 0;
  *subject = (struct kubernetes_subject){
      .kind = is_pod ? KUBERNETES_POD
                     : kubernetes_kind_of(cell_text(table->spec, row, KUBERNETES_WORKLOAD_KIND)),
      .namespace = cell_text(table->spec, row, KUBERNETES_NAMESPACE),
      .name = cell_text(table->spec, row, KUBERNETES_NAME),
      .uid = row->key,
      .scaler = is_pod ? "" : cell_text(table->spec, row, KUBERNETES_WORKLOAD_SCALER)};
  return subject->kind < KUBERNETES_KIND_COUNT ||
         err_set(err, ERR_INVALID, "not a kind that can be changed");
}

/* ---- survey */

static const struct column_spec found_columns[FOUND_COLUMN_COUNT] = {
    [FOUND_LABEL] = {.id = "workload", .title = "WORKLOAD"},
    [FOUND_KIND] = {.id = "kind", .title = "KIND"},
    [FOUND_NAMESPACE] = {.id = "namespace", .title = "NAMESPACE"},
    [FOUND_NAME] = {.id = "name", .title = "NAME"},
    [FOUND_GENERATION] = {.id = "generation", .title = "GENERATION"},
    [FOUND_DESIRED] = {.id = "desired", .title = "DESIRED"},
    [FOUND_AVAILABLE] = {.id = "available", .title = "AVAILABLE"},
    [FOUND_IMAGES] = {.id = "images", .title = "IMAGES"},
    [FOUND_REVISION] = {.id = "revision", .title = "REVISION"},
    [FOUND_PAUSED] = {.id = "paused", .title = "PAUSED"},
    [FOUND_ON_DELETE] = {.id = "on_delete", .title = "ON DELETE"},
    [FOUND_SCALER] = {.id = "autoscaler", .title = "AUTOSCALER"},
};
const struct table_spec kubernetes_found_table = FOUND_TABLE("found", "Workloads", found_columns);

bool kubernetes_found_add(struct step *step, struct table *table, size_t index) {
  struct sample *found = step->found;
  struct kubernetes_subject subject = {0};
  bool gone;
  if (!kubernetes_subject_of(step->call->request, index, &subject, &step->err))
    return false;
  const struct kubernetes_object *object =
      kubernetes_step_read(step, subject.kind, subject.namespace, subject.name, subject.uid, &gone);
  if (!object)
    return false;
  struct row *row = sample_row(found, table, object->uid, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "too many workloads");
  const struct kubernetes_workload *workload = &object->workload;
  struct value *cells = row->cells;
  const char *const texts[FOUND_COLUMN_COUNT] = {
      [FOUND_LABEL] = sample_printf(found, "%s/%s", object->namespace, object->name),
      [FOUND_KIND] = kubernetes_kind_info(subject.kind)->word,
      [FOUND_NAMESPACE] = object->namespace,
      [FOUND_NAME] = object->name,
      [FOUND_IMAGES] = workload->images,
      [FOUND_REVISION] = workload->revision,
      [FOUND_PAUSED] = workload->paused ? "yes" : "",
      [FOUND_ON_DELETE] = workload->surges_nothing ? "yes" : "",
      [FOUND_SCALER] = subject.scaler};
  for (size_t i = 0; i < FOUND_COLUMN_COUNT; i++)
    cells[i] = value_text(sample_copy(found, texts[i] ? texts[i] : ""));
  cells[FOUND_GENERATION] = value_int(object->generation);
  cells[FOUND_DESIRED] = value_int(workload->desired);
  cells[FOUND_AVAILABLE] = value_int(workload->available);
  return true;
}

bool kubernetes_workloads_survey(struct step *step) {
  static const struct table_spec *const specs[] = {&kubernetes_found_table};
  step->found = found_new(specs, 1);
  for (size_t i = 0; i < step->call->request->key_count; i++)
    if (!kubernetes_found_add(step, &step->found->tables[0], i))
      return false;
  return true;
}

/* ---- plan */

void kubernetes_plan_begin(struct plan *plan) {
  static const struct plan_column columns[] = {
      {"KIND", false}, {"AVAILABLE", true}, {"OF", true}, {"IMAGE", false}};
  static const char *const identities[] = {"uid",         "kind",           "namespace", "name",
                                           "generation",  "before",         "wanted",    "revision",
                                           "replica_set", "revision_before"};
  ACTION_OBJECTS(plan, columns, identities);
}

struct plan_object *kubernetes_plan_object(struct plan *plan, const struct row *row,
                                           struct err *err) {
  const struct value *cells = row->cells;
  struct plan_object *object = plan_object(plan, row->key, cells[FOUND_LABEL].text);
  if (!object) {
    err_set(err, ERR_LIMIT, "more than %d workloads", PLAN_OBJECTS_MAX);
    return NULL;
  }
  const bool counts = cells[FOUND_DESIRED].integer >= 0;
  ACTION_CELLS(plan, plan_copy(plan, cells[FOUND_KIND].text),
               counts ? shown_number(&plan->arena, cells[FOUND_AVAILABLE].integer) : NULL,
               counts ? shown_number(&plan->arena, cells[FOUND_DESIRED].integer) : NULL,
               plan_copy(plan, cells[FOUND_IMAGES].text));
  action_bind(plan, "uid", plan_copy(plan, row->key));
  action_bind(plan, "kind", plan_copy(plan, cells[FOUND_KIND].text));
  action_bind(plan, "namespace", plan_copy(plan, cells[FOUND_NAMESPACE].text));
  action_bind(plan, "name", plan_copy(plan, cells[FOUND_NAME].text));
  action_bind_number(plan, "generation", cells[FOUND_GENERATION].integer);
  action_bind_number(plan, "before", cells[FOUND_DESIRED].integer);
  action_bind(plan, "wanted", "");
  action_bind(plan, "revision", "");
  action_bind(plan, "replica_set", "");
  action_bind(plan, "revision_before", "");
  return object;
}

const char *kubernetes_plan_flags(const struct action_request *request, struct plan *plan,
                                  const char *namespace) {
  const char *context = target_text(request->target, "context");
  const char *kubeconfig = target_text(request->target, "kubeconfig");
  return plan_printf(plan, " --namespace=%s%s%s%s%s", shown_word(&plan->arena, namespace),
                     context ? " --context=" : "", context ? shown_word(&plan->arena, context) : "",
                     kubeconfig ? " --kubeconfig=" : "",
                     kubeconfig ? shown_word(&plan->arena, kubeconfig) : "");
}

/* ---- execute */

static enum kubernetes_kind kind_of(const struct plan *plan, size_t object) {
  return kubernetes_kind_of(action_identity(plan, object, "kind"));
}

const struct kubernetes_object *kubernetes_planned(struct step *step, size_t object,
                                                   bool *settled) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const int64_t generation = action_identity_number(plan, object, "generation", -1);
  bool gone;
  const struct kubernetes_object *now = kubernetes_step_read(
      step, kind_of(plan, object), action_identity(plan, object, "namespace"),
      action_identity(plan, object, "name"), action_identity(plan, object, "uid"), &gone);
  *settled = gone;
  if (gone)
    outcome_set(outcome, object, OBJECT_GONE, "%s", step->err.text);
  if (!now || now->generation == generation)
    return now;
  *settled = true;
  outcome_set(outcome, object, OBJECT_REFUSED,
              "its specification was changed since the plan was made (generation %lld, now %lld)",
              (long long)generation, (long long)now->generation);
  return NULL;
}

bool kubernetes_patch(struct step *step, size_t object, const char *after, char *patch) {
  const struct plan *plan = step->call->plan;
  char path[KUBERNETES_PATH_MAX];
  bool goes_on = false;
  if (patch && kubernetes_object_path(path, kind_of(plan, object),
                                      action_identity(plan, object, "namespace"),
                                      action_identity(plan, object, "name"), after))
    goes_on = kubernetes_step_settle(
        step, object,
        kubernetes_step_change(step,
                               &(struct kubernetes_change){.method = "PATCH",
                                                           .path = path,
                                                           .type = "application/json-patch+json",
                                                           .json = patch}));
  else
    step_fail(step, ERR_INVALID, "the change cannot be written");
  free(patch);
  return goes_on;
}
