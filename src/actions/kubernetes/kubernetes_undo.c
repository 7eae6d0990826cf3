/* Takes a workload back to an earlier revision: its template becomes that of the revision, which is
 * in a ReplicaSet of a deployment, or in a ControllerRevision of a stateful set or daemon set. */
#include "actions/found.h"
#include "actions/kubernetes/kubernetes_workload.h"
#include "actions/shown.h"
#include "clients/kubernetes/kubernetes_contract.h"
#include "clients/kubernetes/kubernetes_rollout.h"
#include "clients/kubernetes/kubernetes_template.h"
#include "core/text/quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 15000, CHANGES_MAX = 480 };

/* ---- survey: the revisions to choose from, the newest first */

enum revision_column {
  REVISION_LABEL,
  REVISION_CHANGES,
  REVISION_CREATED,
  REVISION_SET,
  REVISION_NUMBER,
  REVISION_COLUMN_COUNT
};
static const struct column_spec revision_columns[REVISION_COLUMN_COUNT] = {
    [REVISION_LABEL] = {.id = "revision", .title = "REVISION"},
    [REVISION_CHANGES] = {.id = "changes", .title = "WHAT CHANGES", .flags = COLUMN_FLEX},
    [REVISION_CREATED] = {.id = "created", .title = "CREATED", .unit = UNIT_TIME, .priority = 2},
    [REVISION_SET] = {.id = "replica_set", .title = "REPLICA SET", .priority = 3},
    [REVISION_NUMBER] = {.id = "number", .title = "NUMBER", .flags = COLUMN_DETAIL},
};
static const struct table_spec revisions_table =
    FOUND_TABLE("revisions", "Revisions", revision_columns);

/* The changes of a revision, one a line, as the plan says them. */
struct changes {
  char text[CHANGES_MAX];
  size_t at;
};

static void add_change(void *arg, const char *text) {
  struct changes *changes = arg;
  if (changes->at < sizeof changes->text - 1)
    changes->at += (size_t)snprintf(changes->text + changes->at, sizeof changes->text - changes->at,
                                    "%s%s", changes->at > 0 ? "; " : "", text);
}

static const json_t *metadata_of(const json_t *object) {
  return json_object_get(object, "metadata");
}

static const char *text_in(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

/* Where the revisions of a workload are. */
static enum kubernetes_kind revisions_of(enum kubernetes_kind workload) {
  return workload == KUBERNETES_DEPLOYMENT ? KUBERNETES_REPLICA_SET : KUBERNETES_REVISION;
}

/* The number of a ReplicaSet or a ControllerRevision. */
static int64_t revision_of(const json_t *object) {
  const json_t *number = json_object_get(object, "revision");
  if (json_is_number(number))
    return (int64_t)json_number_value(number);
  return strtoll(text_in(json_object_get(metadata_of(object), "annotations"),
                         "deployment.kubernetes.io/revision"),
                 NULL, 10);
}

/* The template in it, without what belongs to the revision alone. NULL: there is none. For the
 * caller to free. */
static json_t *template_of(const json_t *revision) {
  const json_t *data = json_object_get(revision, "data");
  json_t *template =
      json_deep_copy(json_object_get(json_object_get(data ? data : revision, "spec"), "template"));
  json_object_del(template, "$patch");
  json_object_del(json_object_get(json_object_get(template, "metadata"), "labels"),
                  "pod-template-hash");
  return template;
}

static bool is_owned(const json_t *set, const char *uid) {
  const json_t *owners = json_object_get(metadata_of(set), "ownerReferences");
  for (size_t i = 0; i < json_array_size(owners); i++)
    if (strcmp(text_in(json_array_get(owners, i), "uid"), uid) == 0)
      return true;
  return false;
}

static void add_revision(struct sample *found, const json_t *set, const json_t *now) {
  const int64_t number = revision_of(set);
  const json_t *metadata = metadata_of(set);
  struct changes changes = {.at = 0};
  const double created_s = kubernetes_time(text_in(metadata, "creationTimestamp"));
  struct row *row = sample_row(found, &found->tables[0], text_in(metadata, "uid"), NULL);
  if (!row)
    return;
  json_t *then = template_of(set);
  kubernetes_template_compare(now, then, add_change, &changes);
  json_decref(then);
  row->cells[REVISION_LABEL] = value_text(sample_printf(found, "revision %" PRId64, number));
  row->cells[REVISION_CHANGES] =
      value_text(changes.at > 0 ? sample_copy(found, changes.text) : "nothing");
  if (created_s >= 0)
    row->cells[REVISION_CREATED] = value_int((int64_t)created_s * 1000);
  row->cells[REVISION_SET] = value_text(sample_copy(found, text_in(metadata, "name")));
  row->cells[REVISION_NUMBER] = value_int(number);
}

static int newest_first(const void *a, const void *b) {
  const struct row *one = a, *other = b;
  return value_compare(other->cells[REVISION_NUMBER], one->cells[REVISION_NUMBER]);
}

/* That of the workload itself: of a deployment the number that it has; of the others the highest,
 * because an older one gets a new number when it is taken back. */
static int64_t current_of(enum kubernetes_kind kind, const json_t *workload, const json_t *items) {
  if (kind == KUBERNETES_DEPLOYMENT)
    return revision_of(workload);
  int64_t current = 0;
  for (size_t i = 0; i < json_array_size(items); i++) {
    const json_t *one = json_array_get(items, i);
    if (is_owned(one, text_in(metadata_of(workload), "uid")) && revision_of(one) > current)
      current = revision_of(one);
  }
  return current;
}

/* workload: as the server has it now. */
static bool list_revisions(struct step *step, enum kubernetes_kind kind, const json_t *workload,
                           const char *namespace, const char *selector) {
  char list[KUBERNETES_PATH_MAX], path[2 * KUBERNETES_PATH_MAX];
  const json_t *template = json_object_get(json_object_get(workload, "spec"), "template");
  if (!*selector || !kubernetes_list_path(list, revisions_of(kind), namespace))
    return step_fail(step, ERR_UNSUPPORTED, "its selector is not one of plain labels");
  snprintf(path, sizeof path, "%slimit=500&labelSelector=%s", list, selector);
  const json_t *items = json_object_get(kubernetes_step_get(step, path, false, NULL), "items");
  if (!items)
    return step->err.kind != ERR_NONE ? false : step_fail(step, ERR_PROTOCOL, "not a list");
  const int64_t current = current_of(kind, workload, items);
  for (size_t i = 0; i < json_array_size(items); i++) {
    const json_t *set = json_array_get(items, i);
    if (!is_owned(set, text_in(metadata_of(workload), "uid")) || revision_of(set) <= 0)
      continue;
    if (revision_of(set) == current)
      found_set_text(step->found, "current", text_in(metadata_of(set), "uid"));
    else
      add_revision(step->found, set, template);
  }
  struct table *table = &step->found->tables[0];
  if (table->row_count == 0)
    return step_fail(step, ERR_INVALID, "it has no earlier revision (revisionHistoryLimit)");
  qsort(table->rows, table->row_count, sizeof *table->rows, newest_first);
  return true;
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&revisions_table, &kubernetes_found_table};
  char selector[KUBERNETES_TEXT_MAX + 1], path[KUBERNETES_PATH_MAX];
  struct kubernetes_subject subject;
  bool gone;
  step->found = found_new(specs, 2);
  if (!kubernetes_subject_of(step->call->request, 0, &subject, &step->err) ||
      !kubernetes_found_add(step, &step->found->tables[1], 0))
    return false;
  const struct kubernetes_object *object =
      kubernetes_step_read(step, subject.kind, subject.namespace, subject.name, subject.uid, &gone);
  if (!object)
    return false;
  snprintf(selector, sizeof selector, "%s", object->workload.selector);
  if (!kubernetes_object_path(path, subject.kind, subject.namespace, subject.name, ""))
    return step_fail(step, ERR_INVALID, "not the name of an object");
  json_t *workload = json_incref((json_t *)kubernetes_step_get(step, path, false, NULL));
  const bool good =
      workload && list_revisions(step, subject.kind, workload, subject.namespace, selector);
  json_decref(workload);
  return good;
}

/* ---- plan */

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct table *revisions = &request->found->tables[0];
  const struct row *row = &request->found->tables[1].rows[0];
  const struct value *cells = row->cells;
  char word[PLAN_NAME_MAX * 4];
  const struct row *chosen =
      request->chosen_count == 1 ? table_find(revisions, request->chosen[0]) : NULL;
  if (!chosen)
    return err_set(err, ERR_INVALID, "choose one revision");
  if (*cells[FOUND_PAUSED].text)
    return err_set(err, ERR_INVALID, "the rollouts of %.80s are paused: kubectl rollout resume",
                   cells[FOUND_LABEL].text);
  if (*cells[FOUND_ON_DELETE].text)
    return err_set(err, ERR_INVALID,
                   "%.80s has the update strategy OnDelete: its pods are replaced when you delete "
                   "them",
                   cells[FOUND_LABEL].text);
  const int64_t number = chosen->cells[REVISION_NUMBER].integer;
  kubernetes_plan_begin(plan);
  if (!kubernetes_plan_object(plan, row, err))
    return false;
  action_bind(plan, "revision", plan_copy(plan, chosen->key));
  action_bind(plan, "replica_set", plan_copy(plan, chosen->cells[REVISION_SET].text));
  action_bind(plan, "revision_before", plan_copy(plan, found_text(request->found, "current")));
  plan->unit = "workload";
  plan->title =
      plan_printf(plan, "Take %s back to revision %" PRId64, cells[FOUND_LABEL].text, number);
  plan_say(plan, PLAN_EFFECT, "kubectl rollout undo %s/%s --to-revision=%" PRId64 "%s",
           cells[FOUND_KIND].text, shown_word(&plan->arena, cells[FOUND_NAME].text), number,
           kubernetes_plan_flags(request, plan, cells[FOUND_NAMESPACE].text));
  plan_say(plan, PLAN_BLAST, "changes %s", chosen->cells[REVISION_CHANGES].text);
  plan_say(plan, PLAN_BLAST, "replaces %s by new ones, in steps as its update strategy says",
           shown_counted(&plan->arena, cells[FOUND_DESIRED].integer, "pod", "pods"));
  plan_say(plan, PLAN_PRECONDITION,
           "it is the object with that uid, and its specification is unchanged (generation); the "
           "server tests both in the change itself");
  plan_say(plan, PLAN_LOSS, "what its pods hold in memory, and requests in progress");
  if (*found_text(request->found, "current"))
    plan_say(plan, PLAN_UNDO, "kubernetes.undo %s %s %s",
             quote_word(word, sizeof word, request->target->name), row->key,
             found_text(request->found, "current"));
  return true;
}

/* ---- execute, verify */

/* The template of the revision, with integers as they are; NULL: the outcome or step->err says why.
 */
static json_t *read_template(struct step *step, bool *settled) {
  const struct plan *plan = step->call->plan;
  char path[KUBERNETES_PATH_MAX];
  int status = 0;
  const bool fits = kubernetes_object_path(
      path, revisions_of(kubernetes_kind_of(action_identity(plan, 0, "kind"))),
      action_identity(plan, 0, "namespace"), action_identity(plan, 0, "replica_set"), "");
  const json_t *set = fits ? kubernetes_step_get(step, path, true, &status) : NULL;
  *settled = status == 404 || set;
  if (set && strcmp(text_in(metadata_of(set), "uid"), action_identity(plan, 0, "revision")) == 0) {
    json_t *template = template_of(set);
    if (template)
      return template;
  }
  if (*settled)
    outcome_set(step->call->outcome, 0, OBJECT_REFUSED,
                "the object of that revision no longer exists");
  return NULL;
}

static void say_undo(struct step *step) {
  const struct plan *plan = step->call->plan;
  const char *before = action_identity(plan, 0, "revision_before");
  char word[PLAN_NAME_MAX * 4];
  if (*before)
    outcome_undo(step->call->outcome, "kubernetes.undo %s %s %s",
                 quote_word(word, sizeof word, plan->target), plan->objects[0].key, before);
}

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  bool settled;
  if (!kubernetes_planned(step, 0, &settled))
    return settled;
  json_t *template = read_template(step, &settled);
  if (!template)
    return settled;
  json_t *operations =
      json_pack("[{s:s,s:s,s:o}]", "op", "replace", "path", "/spec/template", "value", template);
  char *patch = kubernetes_patch_text(action_identity(plan, 0, "uid"),
                                      action_identity_number(plan, 0, "generation", 0), operations);
  if (!kubernetes_patch(step, 0, "", patch))
    return false;
  if (step->call->outcome->objects[0].result != OBJECT_SENT)
    return true;
  say_undo(step);                             /* what is only partly done can be undone too */
  return kubernetes_wait_rolled(step, 0, -1); /* here, because a person can stop an execution */
}

static bool verify(struct step *step) {
  outcome_proof(step->call->outcome, "%s", step->call->outcome->objects[0].words);
  return true;
}

static bool applies(const struct action_request *request, struct err *why) {
  struct kubernetes_subject subject;
  return kubernetes_subject_of(request, 0, &subject, why) &&
         (subject.kind <= KUBERNETES_DAEMON_SET ||
          err_set(why, ERR_UNSUPPORTED, "a job has no revisions"));
}

STEP(survey, STEP_MS)
STEP(execute, 0)
STEP(verify, STEP_MS)

const struct action action_kubernetes_undo = {
    .spec = {.id = "kubernetes.undo",
             .kind = "kubernetes",
             .table = KUBERNETES_WORKLOADS_TABLE,
             .key = 'U',
             .title = "rollout undo",
             .past = "took back",
             .what = "takes a workload back to an earlier revision that you choose",
             .runs = "kubectl rollout undo KIND/NAME --to-revision=N",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_ONE},
    .applies = applies,
    STEPS,
};
